import Foundation

/// A TCP port of 127.0.0.1 that nothing listens on.
package enum FreePort {
    /// Starts something on a free port, on another one where somebody was quicker: `start` returns nil then.
    static func claim<Value>(_ start: (_ port: Int) throws -> Value?) throws -> (value: Value, port: Int) {
        for _ in 1...5 {
            let port = try find()
            if let value = try start(port) { return (value, port) }
        }
        throw PostgresServerProblem("every free port was taken before it could be used")
    }

    /// The kernel picks it; it is free again when this returns, so whoever wants it must be quick or try again.
    package static func find() throws -> Int {
        let port = try RefusedPort()
        defer { port.release() }
        return port.number
    }
}

/// A TCP port of 127.0.0.1 that refuses everyone, and that no other test can take meanwhile: bound, never listened on.
package struct RefusedPort: Sendable {
    package let number: Int
    private let descriptor: CInt

    package init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
            }
        }
        guard result == 0 else { throw PostgresServerProblem("no free port on 127.0.0.1: errno \(errno)") }
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    package func release() { close(descriptor) }
}
