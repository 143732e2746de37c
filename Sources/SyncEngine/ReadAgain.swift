package import SyncCore

/// When a read that broke off starts again from zero: a lost connection, a failover or a recovery conflict, three times.
package struct ReadAgain: Sendable {
    /// A server that fails over or restarts is back within these, one after the other.
    private static let waits: [Duration] = [.seconds(1), .seconds(5), .seconds(20)]

    /// How often it was started again.
    package private(set) var count = 0

    package init() {}

    /// How long to wait before the next read; nil when the failure is final. Not being able to connect is only a reason
    /// to wait once a connection was lost.
    package mutating func wait(after kind: SourceFailure.Kind) -> Duration? {
        guard kind == .lost || (kind == .unreachable && count > 0), count < Self.waits.count else { return nil }
        defer { count += 1 }
        return Self.waits[count]
    }
}
