package import Foundation
import Synchronization

/// A program, most often `headrace`, that has been started and not waited for.
package final class RunningProcess: Sendable {
    private let child: SpawnedChild
    private let lifeline: FileHandle?
    private let stdout: Collector
    private let stderr: Collector

    /// Starts `headrace`.
    package convenience init(_ arguments: [String], in folder: URL, environment extra: [String: String] = [:]) throws {
        // What Headrace keeps outside of a project is not to be the developer's own.
        let own = ["XDG_STATE_HOME": folder.appending(path: "xdg").path(percentEncoded: false)]
        try self.init(
            program: HeadraceProcess.executable(), arguments, in: folder,
            environment: HeadraceProcess.environment(own.merging(extra) { _, new in new }))
    }

    /// Starts any program; `input` is its standard input. With `keepsInputOpen`, that stays open until `closeInput`, or
    /// until this process is gone: a program that reads to the end notices.
    package init(
        program: URL, _ arguments: [String], in folder: URL, environment: [String: String], input: String = "",
        keepsInputOpen: Bool = false
    ) throws {
        let standardInput = input.isEmpty && !keepsInputOpen ? nil : try PrivatePipe()
        lifeline = keepsInputOpen ? standardInput?.writing : nil
        let (output, errors) = (try PrivatePipe(), try PrivatePipe())
        (stdout, stderr) = (Collector(output), Collector(errors))
        defer {
            // The child has its own copies; ours would keep the pipes from ending.
            try? output.writing.close()
            try? errors.writing.close()
            try? standardInput?.reading.close()
        }
        let nothing = FileHandle.nullDevice
        let ends = [standardInput?.reading ?? nothing, output.writing, errors.writing].map(\.fileDescriptor)
        child = try PrivatePipe.starting.withLock { _ in
            try SpawnedChild(
                program: program.path(percentEncoded: false), arguments: arguments,
                in: folder.path(percentEncoded: false), environment: environment, input: ends[0], output: ends[1],
                errors: ends[2])
        }
        stdout.start()
        stderr.start()
        guard !input.isEmpty, let standardInput else { return }
        // On a thread of its own: a pipe holds 64 KiB, and the program may want to be read first.
        DispatchQueue.global().async {
            try? standardInput.writing.write(contentsOf: Data(input.utf8))
            if !keepsInputOpen { try? standardInput.writing.close() }
        }
    }

    package func closeInput() { try? lifeline?.close() }

    /// Writes to the standard input that was kept open. May block while the program does not read.
    package func write(_ bytes: Data) throws { try lifeline?.write(contentsOf: bytes) }

    /// Takes what stdout holds up to the next such byte, without that; nil once there will be none. Blocks the thread.
    package func takeOutput(endingIn byte: UInt8) -> Data? {
        while true {
            let hasEnded = stdout.hasEnded
            if let part = stdout.take(endingIn: byte) { return part }
            if hasEnded { return nil }
            stdout.waitForChange()
        }
    }

    package var processIdentifier: Int32 { child.processIdentifier }
    package var isRunning: Bool { child.isRunning }
    package var errorText: String { stderr.text }
    package var outputText: String { stdout.text }

    package func send(_ signal: Int32) { kill(child.processIdentifier, signal) }

    /// Waits for the end; kills after `timeout` seconds. Blocks the thread: in an async test, `end` is the one to call.
    package func finish(timeout: Double = 60) -> HeadraceProcess.Output {
        let exit =
            child.exit(within: timeout)
            ?? {
                kill(child.processIdentifier, SIGKILL)
                return child.exit(within: 60) ?? 137
            }()
        stdout.waitForEnd()
        stderr.waitForEnd()
        return HeadraceProcess.Output(exit: exit, stdout: stdout.text, stderr: stderr.text)
    }

    /// `finish` without holding one of the few threads that tests run on.
    package func end(timeout: Double = 60) async -> HeadraceProcess.Output {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: self.finish(timeout: timeout)) }
        }
    }

    /// The first line of stdout or stderr that `match` accepts, or nil when the process ends or `timeout` passes first.
    package func line(timeout: Double = 20, where match: (Substring) -> Bool) -> String? {
        let deadline = Date().addingTimeInterval(timeout)
        while true {
            let wasRunning = child.isRunning
            let seen = stdout.changes + stderr.changes
            for text in [stdout.text, stderr.text] {
                if let line = text.split(separator: "\n").first(where: match) { return String(line) }
            }
            guard Date() < deadline, wasRunning else { return nil }
            if stdout.changes + stderr.changes == seen { stdout.waitForChange() }
        }
    }
}

/// Reads a pipe to its end on a thread of its own and wakes whoever waits for more. (Foundation's `readabilityHandler`
/// crashes now and then when its handle is let go.)
private final class Collector: Sendable {
    let pipe: PrivatePipe
    private typealias Taken = (data: Data, changes: Int, ended: Bool)
    // Only touched while `changed` is locked. (The thread sanitizer does not see through Swift's own Mutex.)
    nonisolated(unsafe) private var taken: Taken = (Data(), 0, false)
    private let changed = NSCondition()

    init(_ pipe: PrivatePipe) { self.pipe = pipe }

    func start() {
        Thread.detachNewThread { [self] in
            // `read(upToCount:)` would wait for as many bytes, and a program that goes on running would never be heard.
            var part = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(pipe.reading.fileDescriptor, &part, part.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                took { $0.data.append(contentsOf: part[..<count]) }
            }
            took { $0.ended = true }
        }
    }

    private func took(_ change: (inout Taken) -> Void) {
        locked {
            change(&taken)
            taken.changes += 1
            changed.broadcast()
        }
    }

    private func locked<Value>(_ work: () -> Value) -> Value {
        changed.lock()
        defer { changed.unlock() }
        return work()
    }

    var text: String { locked { String(decoding: taken.data, as: UTF8.self) } }
    var changes: Int { locked { taken.changes } }
    var hasEnded: Bool { locked { taken.ended } }

    /// The bytes before the first such byte, which are held no longer; nil where there is none yet.
    func take(endingIn byte: UInt8) -> Data? {
        locked {
            guard let end = taken.data.firstIndex(of: byte) else { return nil }
            let part = Data(taken.data[..<end])
            taken.data.removeSubrange(...end)
            return part
        }
    }

    /// Waits for more bytes of this pipe, at most a short while: the other pipe may be the one that talks.
    func waitForChange() { locked { _ = changed.wait(until: Date().addingTimeInterval(0.02)) } }

    func waitForEnd() {
        let deadline = Date().addingTimeInterval(30)
        while !locked({ taken.ended }), Date() < deadline { waitForChange() }
    }
}
