import PersonalizeSimulator
import Testing

/// Whom a page is for: DNS rebinding makes a stranger's page one of ours otherwise.
@Suite(.timeLimit(.minutes(1))) struct SimulatorPageHostTests {
    private static let paths = ["/", "/__simulator/page/requests", "/__simulator/page/live.js", "/__simulator/events"]

    @Test(arguments: ["127.0.0.1", "localhost", "LOCALHOST:8787", "[::1]", "[::1]:8787", "127.0.0.1:1"])
    func thisMachineMayLook(host: String) async throws {
        try await withSimulator { (client) async throws in
            for path in Self.paths { #expect(try await client.send("GET", path, host: host).status == 200, "\(path)") }
        }
    }

    @Test(arguments: [
        "evil.example", "evil.example:8787", "localhost.evil.example", "127.0.0.1.evil.example",
        "localhost:80.evil.example", "[::1].evil.example", "[::2]", "",
    ])
    func otherNamesMayNot(host: String) async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.patch("secret-user", "{}")
            for path in Self.paths {
                let reply = try await client.send("GET", path, host: host)
                #expect(reply.status == 421 && !reply.body.contains("secret-user"), "\(path)")
            }
        }
    }

    @Test func theOtherPathsAreAsTheyWere() async throws {
        try await withSimulator { (client) async throws in
            #expect(try await client.send("GET", "/__simulator/stats", host: "shop.example").status == 200)
            let consent = "/?response_type=code&client_id=headrace-demo"
            let page = try await client.send("GET", consent, host: "shop.example")
            #expect(page.status == 200 && page.body.contains("Authorize"))
            #expect(try await client.send("POST", "/").status == 404)
            #expect(try await client.send("POST", "/__simulator/page/requests").status == 405)
            #expect(try await client.page("users").status == 404)
        }
    }

    @Test func onEveryInterfaceAnyNameIsGood() async throws {
        try await withSimulator(SimulatorOptions(host: "0.0.0.0")) { (client) async throws in
            #expect(try await client.send("GET", "/", host: "simulator.test:8787").status == 200)
        }
    }
}
