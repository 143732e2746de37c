import Foundation
import Logging
import SyncCore
import SyncEngine
import Synchronization

/// Shows a run's progress: a live line where standard error is a terminal, else a log line a stage at level info.
final class ProgressDisplay: Sendable {
    private struct State {
        var status: RunStatus?
        var stageBegan = ContinuousClock.now
        var lastDrawn: ContinuousClock.Instant?
    }

    /// Ten times a second is as often as people read.
    private static let pause = Duration.milliseconds(100)

    private let state = Mutex(State())
    private let isLive: Bool
    private let palette: Palette
    private let logger: Logger

    init(console: Console, logger: Logger) {
        isLive = Terminal.isTerminal(STDERR_FILENO)
        palette = console.errorPalette
        self.logger = logger
    }

    var observer: RunObserver { { [self] in show($0) } }

    func show(_ progress: RunProgress) {
        let now = ContinuousClock.now
        let (seconds, isDue, isNewStage) = state.withLock { state -> (Double, Bool, Bool) in
            let isNewStage = state.status != progress.status
            if isNewStage {
                state.status = progress.status
                state.stageBegan = now
            }
            let isDue = isNewStage || state.lastDrawn.map { now - $0 >= Self.pause } ?? true
            if isDue { state.lastDrawn = now }
            return (state.stageBegan.duration(to: now) / .seconds(1), isDue, isNewStage)
        }
        if isNewStage {
            logger.info(
                "\(progress.status.rawValue)",
                metadata: ["sync": "\(progress.sync)", "run": "\(progress.runID?.text ?? "-")"])
        }
        guard isLive, isDue, !progress.status.isFinal else { return }
        let line = ProgressLine(progress: progress, seconds: seconds, width: Terminal.width())
        StandardStream.error.showLive(line.text(palette))
    }

    /// Erases the live line; the next run starts anew.
    func finish() {
        state.withLock { $0 = State() }
        StandardStream.error.eraseLive()
    }
}
