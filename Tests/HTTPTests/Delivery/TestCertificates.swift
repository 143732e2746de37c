import Synchronization
import TestKit

/// One authority for all tests of this process that do not care whose it is: `openssl` takes its time.
enum TestCertificates {
    private static let state = Mutex<(authority: TestAuthority, count: Int)?>(nil)

    static func caFile() throws -> String { try with { authority, _ in authority.caFile } }

    static func issue(
        _ names: String, valid: TestAuthority.Validity = .now
    ) throws -> (certificate: String, key: String) {
        try with { authority, number in try authority.issue(names, valid: valid, owner: "server\(number)") }
    }

    private static func with<Value>(_ work: (TestAuthority, Int) throws -> Value) throws -> Value {
        try state.withLock { state in
            let (authority, count) = try state ?? (TestAuthority(), 0)
            state = (authority, count + 1)
            return try work(authority, count + 1)
        }
    }
}
