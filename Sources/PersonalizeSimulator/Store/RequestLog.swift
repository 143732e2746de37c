import Foundation
import Synchronization

/// One request as the simulator saw it.
struct LoggedRequest: Sendable {
    var sequence: Int
    var time: Date
    var method: String
    var path: String
    var project: String?
    var uid: String?
    /// Nil when the client got no answer.
    var status: Int?
    /// The name of the fault rule that was applied.
    var fault: String?
    /// Whether the write took effect.
    var isApplied: Bool
    var body: [UInt8]
    var bodySizeInBytes: Int

    var json: String {
        JSONText.object([
            ("sequence", String(sequence)), ("time", JSONText.quoted(Self.text(of: time))),
            ("method", JSONText.quoted(method)), ("path", JSONText.quoted(path)),
            ("project", project.map(JSONText.quoted) ?? "null"), ("uid", uid.map(JSONText.quoted) ?? "null"),
            ("status", status.map(String.init) ?? "null"), ("fault", fault.map(JSONText.quoted) ?? "null"),
            ("applied", String(isApplied)), ("body", JSONText.quoted(String(decoding: body, as: UTF8.self))),
            ("body_size", String(bodySizeInBytes)),
        ])
    }

    /// ISO 8601 in UTC with milliseconds, as Contentstack prints times.
    static func text(of time: Date) -> String {
        time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

/// The last requests, in the order in which their fate was decided.
final class RequestLog: Sendable {
    private struct Ring {
        var entries: [LoggedRequest] = []
        var next = 0
        var sequence = 0
    }

    private static let pieceLength = 500

    private let ring = Mutex(Ring())
    private let capacity: Int
    private let bodyLimitInBytes: Int

    /// A capacity of 0 keeps nothing.
    init(capacity: Int, bodyLimitInBytes: Int) {
        self.capacity = capacity
        self.bodyLimitInBytes = bodyLimitInBytes
    }

    func append(_ request: LoggedRequest) {
        guard capacity > 0 else { return }
        var request = request
        // A copy, since a slice would keep the whole body alive.
        if request.body.count > bodyLimitInBytes { request.body = Array(request.body.prefix(bodyLimitInBytes)) }
        ring.withLock { ring in
            ring.sequence += 1
            request.sequence = ring.sequence
            if ring.entries.count < capacity {
                ring.entries.append(request)
            } else {
                ring.entries[ring.next] = request
                ring.next = (ring.next + 1) % capacity
            }
        }
    }

    /// The kept requests, oldest first.
    var entries: [LoggedRequest] {
        ring.withLock { Array($0.entries[$0.next...] + $0.entries[..<$0.next]) }
    }

    /// Up to `limit` kept requests before that one, newest first; nil begins with the last one. Never holds the log for
    /// longer than it takes to copy so many.
    func newest(before sequence: Int? = nil, limit: Int) -> [LoggedRequest] {
        ring.withLock { ring in
            let oldest = ring.sequence - ring.entries.count + 1
            let last = min(sequence.map { $0 - 1 } ?? ring.sequence, ring.sequence)
            guard last >= oldest else { return [] }
            return (0..<min(limit, last - oldest + 1)).map { place in
                ring.entries[(ring.next + last - place - oldest) % ring.entries.count]
            }
        }
    }

    /// Up to `limit` of those that `isWanted`, looking at the log piece by piece.
    func newest(
        before sequence: Int? = nil, limit: Int, where isWanted: (LoggedRequest) -> Bool
    ) -> [LoggedRequest] {
        var found: [LoggedRequest] = []
        var next = sequence
        while found.count < limit {
            let piece = newest(before: next, limit: Self.pieceLength)
            guard let last = piece.last else { break }
            found += piece.lazy.filter(isWanted).prefix(limit - found.count)
            next = last.sequence
        }
        return found
    }

    func removeAll() { ring.withLock { $0 = Ring() } }
}
