import Foundation
import Glibc

/// Listens, accepts nothing, and has its queue full: who connects hears nothing at all.
package struct DeafServer: Sendable {
    package let port: Int
    private let descriptors: [CInt]

    package init() throws {
        func socket() -> CInt {
            Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        }
        let listener = socket()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var descriptors = [listener]
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = bind(listener, generic, length)
                _ = listen(listener, 0)
                _ = getsockname(listener, generic, &length)
                for _ in 0..<8 {
                    let client = socket()
                    _ = connect(client, generic, length)
                    descriptors.append(client)
                }
            }
        }
        self.descriptors = descriptors
        port = Int(UInt16(bigEndian: address.sin_port))
        guard port != 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    }

    package func stop() { for descriptor in descriptors { close(descriptor) } }
}
