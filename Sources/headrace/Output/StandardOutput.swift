import Foundation
import Synchronization

/// The one writer of a standard stream. A reader that went away ends the output, not the command.
final class StandardStream: Sendable {
    static let output = StandardStream(.standardOutput)
    static let error = StandardStream(.standardError)

    private struct State {
        var isClosed = false
        /// What stands on the terminal's last line and must be erased before anything else is written.
        var liveLine: String?
    }

    private let handle: FileHandle
    private let state = Mutex(State())
    /// The stream took everything so far; false after a full disk, never after a reader that left.
    private let isIntact = Mutex(true)

    private init(_ handle: FileHandle) { self.handle = handle }

    /// False when something could not be written for another reason than a reader that went away.
    var tookEverything: Bool { isIntact.withLock { $0 } }

    /// Writes a line; a live line stays below it.
    func print(_ line: String) {
        state.withLock { state in
            let live = state.liveLine
            write((live == nil ? "" : Self.erase) + line + "\n" + (live ?? ""), &state)
        }
    }

    /// Puts `line` (no line end) in place of the last live line.
    func showLive(_ line: String) {
        state.withLock { state in
            state.liveLine = line
            write(Self.erase + line, &state)
        }
    }

    func eraseLive() {
        state.withLock { state in
            guard state.liveLine != nil else { return }
            state.liveLine = nil
            write(Self.erase, &state)
        }
    }

    /// Back to the first column, then everything to the right is deleted.
    private static let erase = "\r\u{1B}[K"

    private func write(_ text: String, _ state: inout State) {
        guard !state.isClosed else { return }
        do {
            try handle.write(contentsOf: Data(text.utf8))
        } catch {
            state.isClosed = true
            if !Self.isBrokenPipe(error) { isIntact.withLock { $0 = false } }
        }
    }

    private static func isBrokenPipe(_ error: any Error) -> Bool {
        let failure = error as NSError
        let cause = failure.userInfo[NSUnderlyingErrorKey] as? NSError
        return [failure, cause].contains { $0?.domain == NSPOSIXErrorDomain && $0?.code == Int(EPIPE) }
    }
}
