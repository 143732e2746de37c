internal import Foundation
internal import Glibc
package import SyncCore
internal import Synchronization

/// How far a state has come: a number that every step of a delivery raises, and chance, which tells two copies apart
/// that came equally far.
struct StateEpoch: Sendable, Equatable {
    var number: Int64
    var token: String

    init(number: Int64) {
        self.number = number
        token = (0..<2).map { _ in Self.hex(UInt32.random(in: .min ... .max)) }.joined()
    }

    init(number: Int64, token: String) { (self.number, self.token) = (number, token) }

    /// Of `57 0f3a55c2d1e09b47`; nil for anything else. Bytes, since every commit of a delivery reads some, and
    /// characters cost a look into Unicode's tables each.
    init?(_ text: String) {
        let words = text.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        guard words.count == 2, let number = Int64(Substring(words[0])), number > 0, words[1].count == 16,
            words[1].allSatisfy(Self.isHexDigit)
        else { return nil }
        self.init(number: number, token: String(Substring(words[1])))
    }

    /// Equally long for all, so that one can be written over another.
    var text: String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.count) + "\(digits) \(token)"
    }

    /// Whether a state that says this is older than one that said `other`, or another.
    func isBehind(_ other: StateEpoch) -> Bool {
        number < other.number || number == other.number && token != other.token
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

/// Remembers on this machine, outside of any project, how far each state has come. It is a second line of defence: what
/// goes wrong with it is said once, and stops nothing.
///
/// A folder with a file a state, `57 0f3a55c2d1e09b47` under the state's install id, and a file a place that a state lay
/// at, with the id of that state, for a state that was deleted.
package final class StateWitness: Sendable {
    /// Nil where the machine has no place for it.
    private let folder: String?
    private let warn: @Sendable (Diagnostic) -> Void
    private let hasWarned = Mutex(false)

    /// `folder` is absolute. `warn` is called at most once.
    package init(folder: String?, warn: @escaping @Sendable (Diagnostic) -> Void) {
        (self.folder, self.warn) = (folder, warn)
    }

    /// Where the witness of a state is; nil where there is no place for it.
    package func path(of install: String) -> String? { folder.map { "\($0)/\(install)" } }

    /// Nil when there is none, or none that can be read.
    func epoch(of install: String) -> StateEpoch? {
        guard let text = text(of: install) else { return nil }
        guard let epoch = StateEpoch(text) else {
            complain("\(folder ?? "")/\(install) holds no epoch", "the next run that sends writes it anew")
            return nil
        }
        return epoch
    }

    /// After the state holds it for good. Not `durably`, a crash of the machine may bring the one before back, which is
    /// no doubt of the state. A later one stays: another process wrote it, or another copy of the state.
    func record(_ epoch: StateEpoch, of install: String, durably: Bool) {
        guard folder != nil else {
            return complain("neither XDG_STATE_HOME nor HOME says where it belongs", "set one to an absolute path")
        }
        if !durably, overwrite(install, with: epoch) { return }
        if let known = text(of: install).flatMap(StateEpoch.init), known.number > epoch.number { return }
        write(epoch.text, to: install, durably: durably)
    }

    /// The state that lay at this absolute path last.
    func install(at statePath: String) -> String? {
        let lines = text(of: Self.name(of: statePath))?.split(separator: "\n", maxSplits: 1).map(String.init)
        guard let lines, lines.count == 2, lines[1] == statePath + "\n" || lines[1] == statePath else { return nil }
        return lines[0]
    }

    func remember(_ install: String, at statePath: String) {
        guard folder != nil, self.install(at: statePath) != install else { return }
        write("\(install)\n\(statePath)", to: Self.name(of: statePath), durably: true)
    }

    /// FNV-1a; the file holds the path too, so that equal digests do no harm.
    private static func name(of statePath: String) -> String {
        let digest = statePath.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return "place-" + String(digest, radix: 16)
    }

    private func text(of name: String) -> String? {
        guard let folder else { return nil }
        let descriptor = unsafe open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno != ENOENT, errno != ENOTDIR { complain("\(folder)/\(name) cannot be read", "see who may read it") }
            return nil
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard Self.lock(descriptor, LOCK_SH) else {
            complain("\(folder)/\(name) is locked by another process", "see which one holds it, and end it")
            return nil
        }
        do {
            return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        } catch {
            complain("\(folder)/\(name) cannot be read", "see who may read it")
            return nil
        }
    }

    /// Between two milestones the bytes of the file are written over: to replace a file takes ext4 a millisecond. Under a
    /// lock, so that nobody reads half of them. False where there is no epoch to write over.
    private func overwrite(_ install: String, with epoch: StateEpoch) -> Bool {
        guard let folder else { return false }
        let descriptor = unsafe open("\(folder)/\(install)", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let text = Array(epoch.text.utf8)
        var bytes = [UInt8](repeating: 0, count: text.count)
        guard Self.lock(descriptor, LOCK_EX), unsafe pread(descriptor, &bytes, bytes.count, 0) == bytes.count,
            let known = StateEpoch(String(decoding: bytes, as: UTF8.self))
        else { return false }
        if known.number > epoch.number { return true }
        return unsafe pwrite(descriptor, text, text.count, 0) == text.count
    }

    /// Held by others for the time of one small write, unless one of them was stopped in it: nobody waits for that.
    private static func lock(_ descriptor: Int32, _ kind: Int32) -> Bool {
        for attempt in 0..<50 {
            if flock(descriptor, kind | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK || errno == EINTR else { return false }
            usleep(attempt < 10 ? 100 : 10_000)
        }
        return false
    }

    /// Written beside its place and renamed into it, so that no reader sees half of it.
    private func write(_ text: String, to name: String, durably: Bool) {
        guard let folder else { return }
        let draft = "\(folder)/\(name).\(getpid()).new"
        do {
            try makeFolder(folder)
            let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try file.write(contentsOf: Data((text + "\n").utf8))
            if durably { try file.synchronize() }
            try file.close()
            guard unsafe rename(draft, "\(folder)/\(name)") == 0 else {
                throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            }
            if durably { Self.synchronise(folder: folder) }
        } catch {
            unsafe unlink(draft)
            let reason = (error as? POSIXError).map { unsafe String(cString: strerror($0.code.rawValue)) }
            complain(
                "\(folder)/\(name) cannot be written: \(reason ?? error.localizedDescription)",
                "let XDG_STATE_HOME name a folder that may be written and lasts")
        }
    }

    private func makeFolder(_ folder: String) throws {
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    static func synchronise(folder: String) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private func complain(_ trouble: String, _ hint: String) {
        let isFirst = hasWarned.withLock { hasWarned in
            defer { hasWarned = true }
            return !hasWarned
        }
        guard isFirst else { return }
        warn(
            .warning(
                "witness_unusable",
                "the witness of the state is of no use: \(trouble); an old copy of the state would not be noticed",
                hint: hint))
    }
}
