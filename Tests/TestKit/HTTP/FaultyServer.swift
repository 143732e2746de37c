import Foundation
import Glibc
import Synchronization

/// An Edge API that remembers what its users hold, independent of Headrace's code, and plays faults. Each request is
/// written down when its head arrives and again when it is applied.
package final class FaultyServer: Sendable {
    package struct Request: Sendable {
        package var uid: String
        /// Of this user, from 1; `play` begins anew.
        package var attempt: Int
        package var body: [String: JSONText]?
        package var wasApplied = false
        /// Users with a request in flight when this one came, its own included.
        package var inFlight = 0
    }

    /// A scalar as its JSON text: `"gold"`, `12`, `null`.
    package typealias JSONText = String

    private struct Ledger {
        var held: [String: [String: JSONText]] = [:]
        /// All since the beginning; `base` is where the last `play` began.
        var requests: [Request] = []
        var base = 0
        var attempts: [String: Int] = [:]
        var inFlight: [String: (connection: RawConnection, number: Int)] = [:]
        var overlaps: [String] = []
        var fault: Fault?
        var hits: [String: Int] = [:]
        var everyone = 0
    }

    private let ledger = Mutex(Ledger())
    private let raw = Mutex<RawServer?>(nil)

    /// `receiveBuffer`: what the kernel takes of a request that is not read, in bytes.
    package init(receiveBuffer: CInt? = nil) throws {
        let server = try RawServer(receiveBuffer: receiveBuffer) { [weak self] connection, _ in
            while self?.serveNext(on: connection) == true {}
        }
        raw.withLock { $0 = server }
    }

    deinit { raw.withLock { $0 }?.stop() }

    package var port: Int { raw.withLock { $0 }?.port ?? 0 }
    package var url: String { "http://127.0.0.1:\(port)" }
    package var connectionCount: Int { raw.withLock { $0 }?.connectionCount ?? 0 }

    /// Plays the fault to these users for so many attempts each, and to all others for `everyone` attempts; forgets the
    /// requests so far.
    package func play(_ fault: Fault?, to hits: [String: Int] = [:], everyone: Int = 0) {
        ledger.withLock {
            ($0.fault, $0.hits, $0.everyone) = (fault, hits, everyone)
            ($0.base, $0.attempts, $0.overlaps) = ($0.requests.count, [:], [])
        }
    }

    /// What the user holds, keys in order; nil for one that was never written.
    package func attributes(of uid: String) -> [String: JSONText]? { ledger.withLock { $0.held[uid] } }
    /// Since the last `play`, in the order in which their heads came.
    package var requests: [Request] { ledger.withLock { Array($0.requests[$0.base...]) } }
    package func requests(of uid: String) -> [Request] { requests.filter { $0.uid == uid } }
    /// Users of whom a request came while an earlier one was not over: it had no answer, and the client was still there.
    package var overlaps: [String] { ledger.withLock { $0.overlaps } }

    /// False when the connection is over.
    private func serveNext(on connection: RawConnection) -> Bool {
        guard let head = connection.peekHead() else { return false }
        let uid = RawRequest(head: head, body: "").header("x-cs-personalize-user-uid") ?? ""
        let (number, fault) = begin(uid, on: connection)
        defer { end(uid, number) }
        if let fault, fault.moment == .unread {
            if !fault.holds { end(uid, number) }
            return fault.play(connection)
        }
        guard let request = connection.readRequest() else { return false }
        // Long enough for a second request of the user to be seen.
        usleep(2000)
        note(request.body, number)
        fault?.hold?.wait()
        if fault?.applies ?? true { apply(number) }
        if fault?.holds != true { end(uid, number) }
        return fault?.play(connection)
            ?? connection.send("HTTP/1.1 204 No Content\r\nX-CS-Personalize-User-UID: \(uid)\r\n\r\n")
    }

    private func begin(_ uid: String, on connection: RawConnection) -> (number: Int, Fault?) {
        ledger.withLock { ledger in
            let attempt = ledger.attempts[uid, default: 0] + 1
            ledger.attempts[uid] = attempt
            let fault = attempt <= ledger.hits[uid] ?? ledger.everyone ? ledger.fault : nil
            let number = ledger.requests.count
            ledger.requests.append(Request(uid: uid, attempt: attempt))
            if let earlier = ledger.inFlight[uid], !earlier.connection.isPeerGone { ledger.overlaps.append(uid) }
            ledger.inFlight[uid] = (connection, number)
            ledger.requests[number].inFlight = ledger.inFlight.count
            return (number, fault)
        }
    }

    private func note(_ body: String, _ number: Int) {
        let values = try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        let texts = values?.mapValues { value in
            (try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .withoutEscapingSlashes]))
                .map { String(decoding: $0, as: UTF8.self) } ?? "?"
        }
        ledger.withLock { $0.requests[number].body = texts }
    }

    private func apply(_ number: Int) {
        ledger.withLock { ledger in
            guard let body = ledger.requests[number].body else { return }
            ledger.requests[number].wasApplied = true
            let uid = ledger.requests[number].uid
            for (key, text) in body { ledger.held[uid, default: [:]][key] = text == "null" ? nil : text }
        }
    }

    private func end(_ uid: String, _ number: Int) {
        ledger.withLock { if $0.inFlight[uid]?.number == number { $0.inFlight[uid] = nil } }
    }
}
