import Foundation
import Synchronization

/// The built `headrace`, run as a user runs it.
package struct HeadraceProcess: Sendable {
    package struct Output: Sendable {
        package var exit: Int32
        package var stdout: String
        package var stderr: String

        /// stdout as JSON lines.
        package var json: [[String: Any]] {
            stdout.split(separator: "\n").compactMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
        }
    }

    package struct NotBuilt: Error, CustomStringConvertible {
        package var description: String
    }

    /// Beside the test bundle: SwiftPM puts all products of a build into one folder.
    package static func executable() throws -> URL {
        let candidates = [
            ProcessInfo.processInfo.environment["HEADRACE_BINARY"].map { URL(filePath: $0) },
            URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "headrace"),
            SourceTree.root.appending(path: ".build/debug/headrace"),
        ]
        for case .some(let url) in candidates
        where FileManager.default.isExecutableFile(atPath: url.path(percentEncoded: false)) {
            return url
        }
        throw NotBuilt(description: "no headrace binary; run `swift build --build-tests` first")
    }

    /// Variables every run gets: nothing of the developer's own shell but the paths.
    package static func environment(_ extra: [String: String] = [:]) -> [String: String] {
        let own = ProcessInfo.processInfo.environment
        var result = ["PATH": own["PATH"] ?? "/usr/bin:/bin", "HOME": own["HOME"] ?? "/root", "LANG": "C.UTF-8"]
        if let libraries = own["LD_LIBRARY_PATH"] { result["LD_LIBRARY_PATH"] = libraries }
        return result.merging(extra) { _, new in new }
    }

    /// Runs to the end. A run longer than `timeout` seconds is killed and exits with 137.
    package static func run(
        _ arguments: [String], in folder: URL, environment extra: [String: String] = [:], timeout: Double = 60
    ) throws -> Output {
        let running = try RunningProcess(arguments, in: folder, environment: extra)
        return running.finish(timeout: timeout)
    }
}

/// A `headrace` that has been started and not waited for.
package final class RunningProcess: Sendable {
    private let process: Process
    private let stdout = Collector()
    private let stderr = Collector()

    package init(_ arguments: [String], in folder: URL, environment extra: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = try HeadraceProcess.executable()
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = HeadraceProcess.environment(extra)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = stdout.pipe
        process.standardError = stderr.pipe
        stdout.start()
        stderr.start()
        try process.run()
    }

    package var processIdentifier: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }
    package var errorText: String { stderr.text }

    package func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end; kills after `timeout` seconds.
    package func finish(timeout: Double = 60) -> HeadraceProcess.Output {
        let deadline = DispatchWorkItem { [process] in kill(process.processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + timeout, execute: deadline)
        process.waitUntilExit()
        deadline.cancel()
        stdout.waitForEnd()
        stderr.waitForEnd()
        let status = process.terminationStatus
        let exit = process.terminationReason == .uncaughtSignal ? 128 + status : status
        return HeadraceProcess.Output(exit: exit, stdout: stdout.text, stderr: stderr.text)
    }

    /// The first line of stdout or stderr that `match` accepts, or nil when the process ends or `timeout` passes first.
    package func line(timeout: Double = 20, where match: (Substring) -> Bool) -> String? {
        let deadline = Date().addingTimeInterval(timeout)
        while true {
            let seen = stdout.changes + stderr.changes
            for text in [stdout.text, stderr.text] {
                if let line = text.split(separator: "\n").first(where: match) { return String(line) }
            }
            guard Date() < deadline, process.isRunning else { return nil }
            if stdout.changes + stderr.changes == seen { stdout.waitForChange() }
        }
    }
}

/// Reads a pipe to its end on a thread of Foundation's and wakes whoever waits for more.
private final class Collector: Sendable {
    let pipe = Pipe()
    private let bytes = Mutex<(data: Data, changes: Int, ended: Bool)>((Data(), 0, false))
    private let changed = NSCondition()

    func start() {
        pipe.fileHandleForReading.readabilityHandler = { [self] handle in
            let data = handle.availableData
            bytes.withLock {
                $0.data.append(data)
                $0.changes += 1
                if data.isEmpty { $0.ended = true }
            }
            if data.isEmpty { handle.readabilityHandler = nil }
            changed.lock()
            changed.broadcast()
            changed.unlock()
        }
    }

    var text: String { bytes.withLock { String(decoding: $0.data, as: UTF8.self) } }
    var changes: Int { bytes.withLock { $0.changes } }

    /// Waits for more bytes of this pipe, at most a short while: the other pipe may be the one that talks.
    func waitForChange() {
        changed.lock()
        _ = changed.wait(until: Date().addingTimeInterval(0.05))
        changed.unlock()
    }

    func waitForEnd() {
        let deadline = Date().addingTimeInterval(10)
        while !bytes.withLock({ $0.ended }), Date() < deadline { waitForChange() }
    }
}
