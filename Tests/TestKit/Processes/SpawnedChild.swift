import Foundation
import Synchronization

/// A child process by `posix_spawn`, waited for on a thread of its own. Foundation's `Process.run` reads past the end
/// of a buffer of its own now and then (a crash in its `memcpy`), which ends the whole test run.
package final class SpawnedChild: Sendable {
    package struct Failed: Error, CustomStringConvertible {
        package var description: String
    }

    package let processIdentifier: Int32
    private let status = Mutex<Int32?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    /// The descriptors become the child's 0, 1 and 2; the caller closes its own. No other descriptor of this process
    /// that is marked close-on-exec is inherited.
    package init(
        program: String, arguments: [String], in folder: String, environment: [String: String], input: Int32,
        output: Int32, errors: Int32
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in [input, output, errors].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        // `env -C` changes the folder and becomes the program; spawn's own action for it is not in the C interface that
        // Swift imports.
        let words = (["/usr/bin/env", "-C", folder, program] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, "/usr/bin/env", &actions, nil, words, variables)
        guard code == 0 else {
            throw Failed(description: "cannot start \(program): \(String(cString: strerror(code)))")
        }
        let child = started
        processIdentifier = child
        Thread.detachNewThread { [self] in
            var raw: Int32 = 0
            while waitpid(child, &raw, 0) < 0, errno == EINTR {}
            // As a shell says it: 128 and the signal's number.
            let signal = raw & 0x7F
            status.withLock { $0 = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal }
            ended.signal()
        }
    }

    package var isRunning: Bool { status.withLock { $0 == nil } }

    /// The exit code; nil when `timeout` seconds pass first. May be called again, and from several threads.
    package func exit(within timeout: Double) -> Int32? {
        guard ended.wait(timeout: .now() + timeout) == .success else { return nil }
        ended.signal()
        return status.withLock { $0 }
    }
}
