import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorBrowserTests {
    @Test(arguments: ["/user-attributes", "/user-attributes/actions/merge", "/manifest", "/events", "//events"])
    func aBrowserMayAskFromAnywhere(path: String) async throws {
        try await withSimulator { (client) async throws in
            let reply = try await client.send(
                "OPTIONS", path,
                [
                    "Origin": "https://shop.example", "Access-Control-Request-Method": "PATCH",
                    "Access-Control-Request-Headers": "x-project-uid,x-cs-eclipse-user-uid",
                ])
            #expect(reply.status == 204)
            #expect(reply.header("access-control-allow-origin") == "*")
            #expect(reply.header("access-control-allow-methods") == "GET, POST, PATCH")
            #expect(reply.header("access-control-allow-headers") == "x-project-uid,x-cs-eclipse-user-uid")
            #expect(reply.header("access-control-max-age").flatMap { Int($0) } ?? 0 > 0)
        }
    }

    @Test func anAnswerToABrowserShowsTheUid() async throws {
        try await withSimulator { (client) async throws in
            let headers = ["origin": "https://shop.example"]
            for reply in [
                try await client.manifest("u1", headers), try await client.send("GET", "/manifest", headers),
            ] {
                #expect(reply.header("access-control-allow-origin") == "*")
                #expect(reply.header("access-control-expose-headers") == "x-cs-personalize-user-uid")
            }
            #expect(try await client.manifest("u1").header("access-control-allow-origin") == nil)
        }
    }

    @Test func theManagementAPIIsNotForBrowsers() async throws {
        try await withSimulator { (client) async throws in
            let headers = ["origin": "https://shop.example"]
            #expect(try await client.send("OPTIONS", "/attributes", headers).status != 204)
            let signedIn = SimulatorClient.signedIn.merging(headers) { $1 }
            let reply = try await client.send("GET", "/attributes", signedIn)
            #expect(reply.status == 200 && reply.header("access-control-allow-origin") == nil)
        }
    }
}
