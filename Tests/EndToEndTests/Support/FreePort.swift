import Foundation
import Synchronization

/// Ports that a test may have somebody listen on: below those that the system gives to outgoing connections, each handed
/// out once. Nothing is bound to find out: a program that is started meanwhile would inherit the socket.
enum FreePort {
    private static let last = Mutex(Int.random(in: 10_000...30_000))

    static func next() -> Int {
        let taken = ["/proc/net/tcp", "/proc/net/tcp6"].map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }
        return last.withLock { last in
            repeat {
                last = last < 31_999 ? last + 1 : 10_000
            } while taken.contains { $0.contains(String(format: ":%04X ", last)) }
            return last
        }
    }
}
