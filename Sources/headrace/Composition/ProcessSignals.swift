import Dispatch
import Foundation
import SyncCore
import SyncEngine
import Synchronization

/// SIGINT and SIGTERM as a stop request: the first drains, the second ends the process at once.
struct ProcessSignals: Sendable {
    let stop = StopRequest()
    /// Supervisors such as GNU timeout signal the process and then its group: two of a kind this close are one request.
    private static let echo = Duration.milliseconds(250)
    /// How long work that was cancelled may take to end: a server is asked to cancel a statement every 250 ms.
    private static let patience = DispatchTimeInterval.seconds(3)

    /// A reader that closes standard output must not kill a run.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    static let ofSending = "stopping: what is in flight finishes; a second signal ends at once"
    static let ofReading = "stopping: nothing more is read; a second signal ends at once"

    /// Takes both signals over for the rest of the process; `words` answer the first one.
    init(announcing words: String = ofSending) {
        let queue = DispatchQueue(label: "headrace.signals")
        for (number, reason) in [(SIGINT, StopRequest.Reason.interrupted), (SIGTERM, .terminated)] {
            // The default action would end the process before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            let first = Mutex<ContinuousClock.Instant?>(nil)
            source.setEventHandler { [stop] in
                let now = ContinuousClock.now
                let isEcho = first.withLock { first in
                    defer { first = first ?? now }
                    return first.map { now - $0 < Self.echo } ?? false
                }
                guard !isEcho else { return }
                guard stop.reason == nil else { _exit(reason.exit.rawValue) }
                Terminal.showInput()
                StandardStream.error.print(words)
                stop.request(reason)
                // The handler holds its source, so that it lives as long as the process.
                withExtendedLifetime(source) {}
            }
            source.resume()
        }
    }

    /// Runs work that only reads as a task of its own, which a signal cancels: its statement ends on the server, too.
    /// Throws `interrupted` with the signal's exit code after one, whatever the work made of its end.
    func cancelling<Result: Sendable>(_ work: @Sendable @escaping () async throws -> Result) async throws -> Result {
        let (results, continuation) = AsyncStream.makeStream(of: Swift.Result<Result, any Error>.self)
        // Not structured: only a task with a handle can be cancelled from a signal, and only one that nobody awaits can
        // be left behind where a server does not even answer the connection. The process ends with it then.
        let task = Task { try await work() }
        Task { continuation.yield(await task.result) }
        stop.onRequest { _ in
            task.cancel()
            DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { continuation.finish() }
        }
        let result = await results.first { _ in true }
        guard let result, stop.reason == nil else {
            let name = stop.reason == .terminated ? "SIGTERM" : "SIGINT"
            throw CommandFailure(
                stop.reason?.exit ?? .interrupted, .error("interrupted", "the command was stopped by \(name)"))
        }
        return try result.get()
    }

    /// A request of one run's own, so that `headrace cancel` of it leaves the others alone.
    func stopOfOneRun() -> StopRequest {
        let own = StopRequest()
        stop.onRequest { [weak own] in own?.request($0) }
        return own
    }
}
