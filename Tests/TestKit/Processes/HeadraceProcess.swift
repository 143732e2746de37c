package import Foundation

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
        try RunningProcess(arguments, in: folder, environment: extra).finish(timeout: timeout)
    }
}
