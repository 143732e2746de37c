import Dispatch
import Foundation
import SyncCore
import SyncEngine
import Synchronization

/// SIGINT and SIGTERM as a stop request: the first drains, the second ends the process at once.
final class ProcessSignals: Sendable {
    let stop = StopRequest()
    private let sources: [any DispatchSourceSignal]

    /// A reader that closes standard output must not kill a run.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    init() {
        let queue = DispatchQueue(label: "headrace.signals")
        sources = [(SIGINT, StopRequest.Reason.interrupted), (SIGTERM, .terminated)].map { number, reason in
            // The default action would end the process before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [stop] in
                guard stop.reason == nil else { _exit(reason.exit.rawValue) }
                StandardStream.error.print("stopping: what is in flight finishes; a second signal ends at once")
                stop.request(reason)
            }
            source.resume()
            return source
        }
    }

    /// A request of one run's own, so that `headrace cancel` of it leaves the others alone.
    func stopOfOneRun() -> StopRequest {
        let own = StopRequest()
        stop.onRequest { own.request($0) }
        return own
    }
}
