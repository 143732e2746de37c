import SyncCore
import Testing

@testable import headrace

@Suite struct SyncSelectionTests {
    static let names = ["audiences", "churn", "loyalty", "loyalty-eu"]

    @Test(arguments: [
        ([], ["audiences", "churn", "loyalty", "loyalty-eu"]), (["churn"], ["churn"]),
        (["loyalty*"], ["loyalty", "loyalty-eu"]), (["loyalty*", "loyalty"], ["loyalty", "loyalty-eu"]),
        (["ch?rn"], ["churn"]), (["loyalty", "audiences"], ["audiences", "loyalty"]), (["*-eu"], ["loyalty-eu"]),
    ]) func patternsPickEachSyncOnceInTheProjectsOrder(patterns: [String], expected: [String]) throws {
        #expect(try SyncSelection.select(patterns, among: Self.names) == expected)
    }

    @Test func aPatternThatMatchesNothingNamesTheNearest() throws {
        let finding = try #require(throws: Diagnostic.self) {
            try SyncSelection.select(["loyalty", "chrun"], among: Self.names)
        }
        #expect(finding.code == "unknown_sync")
        #expect(finding.message == "no sync matches chrun")
        #expect(finding.hint == "did you mean churn?")
    }

    @Test(arguments: [
        ("", "*", true), ("abc", "a*c", true), ("abc", "a*b", false), ("aXbXc", "*X*X*", true), ("ab", "???", false),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*c", false), ("A", "a", false),
    ]) func globsMatchWholeNames(name: String, pattern: String, matches: Bool) {
        #expect(SyncSelection.matches(name, pattern) == matches)
    }

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1", 80, "http://127.0.0.1:80"), (":0", "127.0.0.1", 0, "http://127.0.0.1:0"),
        ("[::1]:9", "::1", 9, "http://[::1]:9"), ("localhost:8787", "localhost", 8787, "http://localhost:8787"),
    ]) func addressesAreRead(text: String, host: String, port: Int, url: String) throws {
        let address = try ListenAddress(text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.url == url)
    }

    @Test(arguments: ["8787", "localhost", "localhost:", "localhost:65536", "::1:80", "a:-1"])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(throws: Diagnostic.self) { try ListenAddress(text) }
    }
}
