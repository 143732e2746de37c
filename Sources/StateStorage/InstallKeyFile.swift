internal import Foundation
internal import Glibc
package import SyncCore

/// The key of this installation: 32 random bytes as hex text in a file that only its owner can read.
package struct InstallKeyFile: Sendable {
    private let path: String

    package init(path: String) { self.path = path }

    /// The key of the file, which is made with its folder when missing. Throws `.unusable` for a file that others
    /// can read or that holds no key, `.storage` for one that cannot be read or written.
    package func loadOrCreate() throws(StateFailure) -> InstallKey {
        if let key = try load() { return key }
        try create()
        // Whoever was first made the key that all use.
        guard let key = try load() else { throw storage("it vanished") }
        return key
    }

    /// The key of the file, nil when there is none.
    package func load() throws(StateFailure) -> InstallKey? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
        let permissions = attributes[.posixPermissions] as? Int ?? 0
        guard permissions & 0o077 == 0 else {
            throw StateFailure(
                .unusable,
                .error(
                    "key_readable_by_others", "others can read the key file \(path)", hint: "run: chmod 600 \(path)"))
        }
        guard let content = FileManager.default.contents(atPath: path) else { throw storage("it cannot be read") }
        let text = String(decoding: content, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let bytes = Self.bytes(ofHex: text), bytes.count == 32 else {
            throw StateFailure(
                .unusable,
                .error(
                    "key_malformed", "the key file \(path) does not hold 64 hex digits",
                    hint: "bring the file back from a backup: without its key the state cannot be used"))
        }
        return InstallKey(bytes)
    }

    /// The key from a configured `state.key`: its text as UTF-8, of any length but none.
    package static func key(fromConfigured secret: Secret) throws(StateFailure) -> InstallKey {
        let bytes = Array(secret.reveal().utf8)
        guard !bytes.isEmpty else {
            throw StateFailure(
                .unusable, .error("key_empty", "state.key is empty", hint: "set it to a long random text"))
        }
        return InstallKey(bytes)
    }

    /// Written beside its place, synced and linked into it: a crash leaves no half key, and a second process that
    /// does the same at the same time does not replace the first one's key.
    private func create() throws(StateFailure) {
        let folder = (path as NSString).deletingLastPathComponent
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<32).map { _ in Self.hex(UInt8.random(in: .min ... .max, using: &generator)) }.joined()
        let draft = "\(path).\(UInt64.random(in: .min ... .max, using: &generator))"
        do {
            if !FileManager.default.fileExists(atPath: folder) {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
        } catch {
            throw storage("its folder cannot be made: \(error.localizedDescription)")
        }
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw storage("it cannot be made") }
        defer { unsafe unlink(draft) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data((digits + "\n").utf8))
            try file.synchronize()
            try file.close()
        } catch {
            throw storage("it cannot be written: \(error.localizedDescription)")
        }
        guard unsafe link(draft, path) == 0 || errno == EEXIST else { throw storage("it cannot be made") }
        let folderDescriptor = unsafe open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folderDescriptor >= 0 else { return }
        fsync(folderDescriptor)
        close(folderDescriptor)
    }

    private func storage(_ reason: String) -> StateFailure {
        StateFailure(.storage, .error("key_storage", "key file \(path): \(reason)"))
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func bytes(ofHex text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
