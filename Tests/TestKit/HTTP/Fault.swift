import Foundation
import Glibc

/// What a faulty server does with one request.
package struct Fault: Sendable {
    package enum Moment: Sendable {
        /// The head has arrived; nothing was read of it.
        case unread
        /// The whole request was read.
        case whole
    }

    package var moment = Moment.whole
    /// The write takes effect, whatever the client hears of it.
    package var applies = false
    /// The server is not done with the request when it begins to play: only the client's going ends it.
    package var holds = false
    /// A request that was read waits here before it takes effect.
    package var hold: Gate?
    /// Returns whether the connection lives on.
    package var play: @Sendable (RawConnection) -> Bool

    package init(
        at moment: Moment = .whole, applies: Bool = false, holds: Bool = false,
        play: @escaping @Sendable (RawConnection) -> Bool
    ) {
        self.moment = moment
        self.applies = applies
        self.holds = holds
        self.play = play
    }

    /// Whole packets, one after the other; 20 ms lie between them.
    package static func answer(_ packets: String..., applies: Bool = false, closes: Bool = false) -> Fault {
        Fault(applies: applies) { connection in
            for (number, packet) in packets.enumerated() {
                guard connection.send(packet, pause: number == 0 ? 0 : 20_000) else { return false }
            }
            return !closes
        }
    }

    /// A whole answer without a body of its own.
    package static func status(_ status: Int, _ headers: String..., body: String = "", applies: Bool = false) -> Fault {
        let lines = ["HTTP/1.1 \(status) \(status)", "content-length: \(body.utf8.count)"] + headers
        return answer(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, applies: applies)
    }

    package static func reset(at moment: Moment, applies: Bool = false) -> Fault {
        Fault(at: moment, applies: applies) { connection in
            connection.resetOnClose()
            return false
        }
    }

    /// The head and the first byte of the body are read.
    package static let resetDuringTheRequest = Fault(at: .unread) { connection in
        _ = connection.readHead()
        _ = connection.readBody(length: 1)
        connection.resetOnClose()
        return false
    }

    /// Answers before it has read the request, and closes: the kernel then resets the connection.
    package static func earlyClose(_ status: Int) -> Fault {
        Fault(at: .unread) { connection in
            connection.send("HTTP/1.1 \(status) \(status)\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return false
        }
    }

    package static func close(applies: Bool) -> Fault { Fault(applies: applies) { _ in false } }

    /// Applied and answered only when the gate opens.
    package static func held(by gate: Gate) -> Fault {
        var fault = answer("HTTP/1.1 204 No Content\r\n\r\n", applies: true)
        fault.hold = gate
        return fault
    }

    /// No answer, for as long as the client waits.
    package static func silence(at moment: Moment, applies: Bool = false) -> Fault {
        Fault(at: moment, applies: applies, holds: true) { connection in
            connection.waitUntilPeerIsGone()
            return false
        }
    }

    /// An answer that never ends, a byte at a time.
    package static func trickle(applies: Bool) -> Fault {
        Fault(applies: applies, holds: true) { connection in
            connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
            while !connection.isPeerGone, connection.send("x", pause: 10_000) {}
            return false
        }
    }

    /// A head that goes on for ten megabytes.
    package static let endlessHead = Fault { connection in
        connection.send("HTTP/1.1 204 No Content\r\n")
        let field = "x-filler: " + String(repeating: "x", count: 8000) + "\r\n"
        for _ in 0..<1300 {
            guard connection.send(field) else { return false }
        }
        return connection.send("\r\n")
    }
}

/// Closed until it is opened, for any number of threads.
package final class Gate: Sendable {
    private let group = DispatchGroup()

    package init() { group.enter() }

    /// Once.
    package func open() { group.leave() }
    package func wait() { group.wait() }
}

extension RawConnection {
    /// The head of the next request, which stays unread; nil once the client has closed.
    package func peekHead() -> String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress, $0.count, CInt(MSG_PEEK))
            }
            guard count > 0 else { return nil }
            let text = String(decoding: bytes[..<count], as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") { return String(text[..<end.lowerBound]) }
            guard !isPeerGone else { return nil }
            usleep(1000)
        }
    }

    /// The client has closed or reset its end.
    package var isPeerGone: Bool { poll(for: 0) }

    /// Reads nothing meanwhile.
    package func waitUntilPeerIsGone() { while !poll(for: 1000) {} }

    private func poll(for milliseconds: CInt) -> Bool {
        // <poll.h> names it for GNU programs only.
        let hungUp: CShort = 0x2000
        var entry = pollfd(fd: descriptor, events: hungUp, revents: 0)
        let count = Glibc.poll(&entry, 1, milliseconds)
        return count > 0 && entry.revents & (hungUp | CShort(POLLHUP | POLLERR | POLLNVAL)) != 0
    }
}
