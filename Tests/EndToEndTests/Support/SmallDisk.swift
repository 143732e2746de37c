import Foundation
import TestKit

/// A tmpfs of a test's own, mounted on a folder. Needs root.
final class SmallDisk {
    private let folder: URL
    private var filler: URL { folder.appending(path: "filler") }

    /// Throws when nothing can be mounted here: a test of a full disk must not pass without one.
    init(on folder: URL, kilobytes: Int) async throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await Self.run("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", Self.path(folder)])
    }

    /// Lazily: whoever still has a file of it open keeps it until then.
    deinit { unmount(Self.path(folder)) }

    private func unmount(_ path: String) { umount2(path, 2) }

    /// Leaves so many pages of 4 KiB.
    func fill(leaving pages: Int) throws {
        // A program that another test starts just now must not keep the file, and its room, beyond its end.
        let descriptor = open(Self.path(filler), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Workshop.Unexpected(description: "no filler can be made") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        defer { try? file.close() }
        var size: UInt64 = 0
        let page = Data(repeating: 1, count: 4096)
        while (try? file.write(contentsOf: page)) != nil { size += 4096 }
        try file.truncate(atOffset: size - min(size, UInt64(pages) * 4096))
    }

    func empty() throws {
        if FileManager.default.fileExists(atPath: Self.path(filler)) { try FileManager.default.removeItem(at: filler) }
    }

    private static func path(_ url: URL) -> String { url.path(percentEncoded: false) }

    private static func run(_ program: String, _ arguments: [String]) async throws {
        let process = try RunningProcess(
            program: URL(filePath: "/bin/\(program)"), arguments, in: URL(filePath: "/"),
            environment: HeadraceProcess.environment())
        let output = await process.end()
        guard output.exit == 0 else { throw Workshop.Unexpected(description: "\(program): \(output.stderr)") }
    }
}
