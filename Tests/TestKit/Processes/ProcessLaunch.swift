package import Foundation
import Synchronization

/// Starts processes one after the other: Foundation's `Process.run` has crashed in a copy of its own when several
/// threads of the test process were in it at once.
package enum ProcessLaunch {
    private static let turn = Mutex(())

    package static func start(_ process: Process) throws {
        try turn.withLock { _ in try process.run() }
    }
}
