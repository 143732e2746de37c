import Foundation
import Glibc
import Synchronization

/// A TCP server on loopback that does to each connection what a test says, on a thread of its own: real sockets, so that
/// resets, truncation and silence are the kernel's own.
package final class RawServer: Sendable {
    package let port: Int
    private let listener: CInt
    private let accepted = Mutex(0)

    /// `serve` gets every connection with its number (from 1); the connection is closed when it returns.
    /// `receiveBuffer`, in bytes, is what the kernel takes of a request that is not read; nil for its own choice.
    package init(
        receiveBuffer: CInt? = nil, _ serve: @escaping @Sendable (RawConnection, _ number: Int) -> Void
    ) throws {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var yes: CInt = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        if var receiveBuffer {
            setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<CInt>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (bound, named) = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                let bound = bind(listener, generic, length) == 0 && listen(listener, 256) == 0
                return (bound, getsockname(listener, generic, &length) == 0)
            }
        }
        guard bound, named else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in acceptAll(serve) }
    }

    /// Connections accepted so far.
    package var connectionCount: Int { accepted.withLock { $0 } }

    /// Refuses new connections from here on.
    package func stop() { shutdown(listener, CInt(SHUT_RDWR)) }

    private func acceptAll(_ serve: @escaping @Sendable (RawConnection, Int) -> Void) {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else {
                close(listener)
                return
            }
            let number = accepted.withLock { count in
                count += 1
                return count
            }
            Thread.detachNewThread {
                serve(RawConnection(descriptor: descriptor), number)
                close(descriptor)
            }
        }
    }
}

/// A request as it came over the wire.
package struct RawRequest: Sendable {
    /// Request line and header lines.
    package let head: String
    package let body: String

    package func header(_ name: String) -> String? {
        for line in head.components(separatedBy: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
        return nil
    }
}

/// The server's end of one connection; blocking, for the thread that serves it.
package struct RawConnection: Sendable {
    let descriptor: CInt

    /// The next whole request; nil once the client has closed.
    package func readRequest() -> RawRequest? {
        guard let head = readHead() else { return nil }
        let length = RawRequest(head: head, body: "").header("content-length").flatMap { Int($0) } ?? 0
        return readBody(length: length).map { RawRequest(head: head, body: $0) }
    }

    /// So many bytes; nil once the client has closed.
    package func readBody(length: Int) -> String? {
        var body: [UInt8] = []
        while body.count < length {
            let part = read(upTo: length - body.count)
            if part.isEmpty { return nil }
            body += part
        }
        return String(decoding: body, as: UTF8.self)
    }

    /// The request up to its body; nil once the client has closed.
    package func readHead() -> String? {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let part = read(upTo: 1)
            if part.isEmpty { return nil }
            bytes += part
        }
        return String(decoding: bytes.dropLast(4), as: UTF8.self)
    }

    /// False once the client is gone. `pause` microseconds pass first: how a slow server behaves.
    @discardableResult package func send(_ text: String, pause: UInt32 = 0) -> Bool {
        if pause > 0 { usleep(pause) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// The next close sends RST instead of FIN.
    package func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// Returns when the client has closed; what it sends meanwhile is thrown away.
    package func waitForClose() { while !read(upTo: 4096).isEmpty {} }

    private func read(upTo count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let received = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        return Array(bytes.prefix(max(0, received)))
    }
}
