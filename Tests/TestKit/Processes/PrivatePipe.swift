import Foundation
import Synchronization

/// A pipe that no child inherits but the one it is given to. Foundation's own `Pipe` is inherited by whatever another
/// thread happens to start, and then does not end before that has ended.
struct PrivatePipe: Sendable {
    /// Held while a process is started, and between the making of a pipe and its marking: the C library that Swift
    /// imports has no `pipe2`.
    static let starting = Mutex(())

    let reading: FileHandle
    let writing: FileHandle

    struct Unavailable: Error {
        var code: Int32
    }

    init() throws {
        var ends: [Int32] = [-1, -1]
        try Self.starting.withLock { _ in
            guard pipe(&ends) == 0 else { throw Unavailable(code: errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        writing = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    }
}
