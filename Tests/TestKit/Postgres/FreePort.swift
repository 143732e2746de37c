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
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(socket, generic, length) == 0 ? getsockname(socket, generic, &length) : -1
            }
        }
        guard result == 0 else { throw PostgresServerProblem("no free port on 127.0.0.1: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
