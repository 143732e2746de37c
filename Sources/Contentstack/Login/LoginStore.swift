import Foundation
import Glibc
package import SyncCore

/// The logins of one person on one machine, in a file that nobody else may read, outside of any project.
package struct LoginStore: Sendable {
    private let folder: String

    /// `folder` is absolute.
    package init(folder: String) { self.folder = folder }

    package var path: String { "\(folder)/logins.json" }
    private var lockPath: String { "\(folder)/logins.lock" }

    private struct Content: Codable {
        var version = 1
        var logins: [String: StoredLogin] = [:]
    }

    /// Nil where nobody is logged in under this name. Throws `logins_unreadable`, also where others may read the file.
    package func login(named name: String) throws(Diagnostic) -> StoredLogin? { try read().logins[name] }

    /// Durable when it returns; nil takes the login away. Throws `logins_unwritable`.
    package func keep(_ login: StoredLogin?, as name: String) throws(Diagnostic) {
        var content = try read()
        content.logins[name] = login
        try write(content)
    }

    /// Keeps other processes from changing logins while `body` runs: of two that refresh one at the same time the second
    /// would come with a token that is used up.
    package func locked<Result>(
        _ body: () async throws(Diagnostic) -> Result
    ) async throws(Diagnostic) -> Result {
        try makeFolder()
        let descriptor = unsafe open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unwritable("\(lockPath) cannot be opened: \(Self.reason(errno))") }
        defer { close(descriptor) }
        var tries = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            tries += 1
            guard errno == EWOULDBLOCK, tries < Self.mostTries, (try? await Task.sleep(for: Self.pause)) != nil else {
                throw .error(
                    "logins_locked", "another Headrace holds \(lockPath)", hint: "see whether one hangs, and end it")
            }
        }
        return try await body()
    }

    /// Longer than a request for new tokens may take.
    private static let mostTries = 600
    private static let pause = Duration.milliseconds(100)

    // MARK: The file

    private func read() throws(Diagnostic) -> Content {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return Content() }
            throw unreadable("cannot be read: \(Self.reason(errno))", hint: nil)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw unreadable(
                "may be read by others", hint: "chmod 600 \(path), and log in again if others had the time")
        }
        guard let data = try? file.readToEnd() ?? Data(),
            let content = try? Self.decoder.decode(Content.self, from: data)
        else { throw unreadable("holds no logins", hint: "delete it and log in again") }
        return content
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }

    /// A new file in place of the old one: a crash leaves one of the two.
    private func write(_ content: Content) throws(Diagnostic) {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(content) else { throw unwritable("the logins cannot be written as JSON") }
        try makeFolder()
        let draft = "\(path).\(getpid())"
        unsafe unlink(draft)
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw unwritable("\(draft) cannot be made: \(Self.reason(errno))") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: data)
            try file.synchronize()
            try file.close()
        } catch {
            unsafe unlink(draft)
            throw unwritable("\(draft) cannot be written: is the disk full?")
        }
        guard unsafe rename(draft, path) == 0 else {
            let reason = Self.reason(errno)
            unsafe unlink(draft)
            throw unwritable("\(path) cannot be replaced: \(reason)")
        }
        let parent = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return }
        fsync(parent)
        close(parent)
    }

    private func makeFolder() throws(Diagnostic) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw unwritable("\(folder) cannot be made")
        }
    }

    private func unreadable(_ what: String, hint: String?) -> Diagnostic {
        .error("logins_unreadable", "\(path) \(what)", hint: hint)
    }

    private func unwritable(_ what: String) -> Diagnostic {
        .error("logins_unwritable", what, hint: "logins are kept below XDG_CONFIG_HOME, or ~/.config")
    }

    private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
