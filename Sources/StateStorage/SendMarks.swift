internal import Glibc
internal import SyncCore
internal import Synchronization

/// The marks of runs that send, a small file each: a number, and which start of which machine wrote it. They lie in
/// memory, where a write costs no disk. It is never synchronised either, so that a mark of an earlier start may be old
/// and says nothing. A lock on the file, which the kernel lets go with the process, tells that a mark is final.
package struct SendMarks: Sendable {
    private let folder: String
    private let machine: [UInt8]

    /// `bootID` as in `LeaseHolder`; without one there are no marks.
    package init(folder: String = "/dev/shm", bootID: String) {
        self.folder = folder
        machine = Array(bootID.utf8)
    }

    private func path(of run: RunID) -> String { "\(folder)/headrace-sent-\(run)" }

    /// Nothing is sent yet. Nil where there is no place for it. Only each `step`-th operation is written down, as if
    /// those up to the next had left with it.
    func begin(_ run: RunID, step: Int) -> SendMarkFile? {
        guard !machine.isEmpty else { return nil }
        let path = path(of: run)
        // What lies there already is of nobody who sends now.
        unsafe unlink(path)
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        return SendMarkFile(descriptor, path: path, machine: machine, step: step)
    }

    /// The last operation that may have left; nil where nobody knows, or the run may still live.
    func lastSent(by run: RunID) -> Int? {
        let descriptor = unsafe open(path(of: run), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        // In a folder that all may write to, it may be somebody else's.
        guard unsafe fstat(descriptor, &status) == 0, status.st_uid == geteuid(),
            flock(descriptor, LOCK_EX | LOCK_NB) == 0
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: SendMarkFile.length + machine.count + 1)
        guard unsafe pread(descriptor, &bytes, bytes.count, 0) == bytes.count - 1,
            bytes.dropFirst(SendMarkFile.length).dropLast().elementsEqual(machine)
        else { return nil }
        let number = SendMarkFile.number(in: bytes)
        return number >= 0 ? number : nil
    }

    func remove(_ run: RunID) { unsafe unlink(path(of: run)) }
}

/// One run's mark. Writing it under a lock keeps a lower number from coming after a higher one.
final class SendMarkFile: SendMark {
    static let length = 8

    private struct Mark {
        /// Nil once nothing is written any more.
        var descriptor: Int32?
        /// The operations up to it count as sent.
        var sentThrough = 0
    }

    private let path: String
    private let step: Int
    private let mark: Mutex<Mark>

    /// Nil, and the file is gone, where it cannot be written.
    fileprivate init?(_ descriptor: Int32, path: String, machine: [UInt8], step: Int) {
        self.path = path
        self.step = max(1, step)
        mark = Mutex(Mark(descriptor: descriptor))
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, Self.write(0, to: descriptor),
            unsafe pwrite(descriptor, machine, machine.count, off_t(Self.length)) == machine.count
        else {
            remove()
            return nil
        }
    }

    deinit { release() }

    func leaves(_ sequence: Int) {
        mark.withLock { mark in
            guard sequence > mark.sentThrough, let descriptor = mark.descriptor else { return }
            mark.sentThrough = sequence + step - 1
            if !Self.write(mark.sentThrough, to: descriptor) { giveUp(&mark) }
        }
    }

    func release() {
        mark.withLock { mark in
            if let descriptor = mark.descriptor.take() { close(descriptor) }
        }
    }

    func remove() {
        mark.withLock { giveUp(&$0) }
    }

    /// Without the file everything counts as sent.
    private func giveUp(_ mark: inout Mark) {
        guard let descriptor = mark.descriptor.take() else { return }
        // Empty it says nothing, should it stay.
        _ = ftruncate(descriptor, 0)
        unsafe unlink(path)
        close(descriptor)
    }

    private static func write(_ number: Int, to descriptor: Int32) -> Bool {
        unsafe withUnsafeBytes(of: Int64(number).littleEndian) {
            unsafe pwrite(descriptor, $0.baseAddress, length, 0) == length
        }
    }

    static func number(in bytes: [UInt8]) -> Int {
        bytes.prefix(length).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
