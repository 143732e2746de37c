internal import Foundation
internal import Glibc
package import SyncCore

/// Temporary files in a folder: for their owner only, and without a name from the moment they are made, so that nothing
/// of them outlives the process.
package struct SpillFolder: SpillSpace {
    private let folder: String

    /// `folder` is absolute and exists.
    package init(folder: String) { self.folder = folder }

    package func makeFile() throws(StateFailure) -> any SpillFile {
        let path = "\(folder)/spill-\(UUID().uuidString)"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw NamelessFile.failure(in: folder, "made") }
        let file = NamelessFile(descriptor, folder: folder)
        guard unsafe unlink(path) == 0 else { throw NamelessFile.failure(in: folder, "unlinked") }
        return file
    }
}

/// Owns its descriptor and closes it exactly once.
private final class NamelessFile: SpillFile {
    private let descriptor: Int32
    private let folder: String

    init(_ descriptor: Int32, folder: String) { (self.descriptor, self.folder) = (descriptor, folder) }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8], at offset: Int64) throws(StateFailure) {
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                unsafe pwrite(
                    descriptor, buffer.baseAddress.map { unsafe $0 + done }, bytes.count - done, off_t(offset) + done)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure(in: folder, "written") }
            done += written
        }
    }

    func read(_ count: Int, at offset: Int64) throws(StateFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(
                    descriptor, buffer.baseAddress.map { unsafe $0 + done }, count - done, off_t(offset) + done)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw Self.failure(in: folder, "read") }
            done += got
        }
        return bytes
    }

    static func failure(in folder: String, _ verb: String) -> StateFailure {
        let reason = unsafe String(cString: strerror(errno))
        return StateFailure(
            .storage,
            .error(
                "spill_failed", "a temporary file in \(folder) cannot be \(verb): \(reason)",
                hint: "free disk space there, or raise state.memory_limit, so that the plan needs none"))
    }
}
