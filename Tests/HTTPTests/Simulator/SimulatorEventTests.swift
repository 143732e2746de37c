import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorEventTests {
    private static let visitor = ["x-project-uid": testProject, "x-cs-personalize-user-uid": "u1"]

    @Test func countsEventsByKind() async throws {
        try await withSimulator { (client) async throws in
            let body =
                #"[{"type":"IMPRESSION","experienceShortUid":"0","variantShortUid":"1"},"#
                + #"{"type":"EVENT","eventKey":"buy"},{"type":"EVENT","eventKey":"click"}]"#
            #expect(try await client.send("POST", "/events", Self.visitor, body: body).status == 204)
            #expect(try await client.send("POST", "/events", Self.visitor, body: "[]").status == 204)
            #expect(try await client.stats().contains(#""events":{"EVENT":2,"IMPRESSION":1}"#))
            _ = try await client.send("POST", "/__simulator/reset")
            #expect(try await client.stats().contains(#""events":{}"#))
        }
    }

    @Test(arguments: [
        (#"{"type":"EVENT","eventKey":"buy"}"#, "INVALID_BODY"), ("[1]", "INVALID_EVENT"),
        (#"[{"type":"VIEW"}]"#, "NOT_VALID_ENUM"), (#"[{"type":"EVENT"}]"#, "FIELD_REQUIRED"),
        (#"[{"type":"IMPRESSION","experienceShortUid":"0"}]"#, "FIELD_REQUIRED"),
        (#"[{"type":"EVENT","eventKey":"buy"},{}]"#, "NOT_VALID_ENUM"),
    ])
    func refusesAnEventThatDoesNotFitAndCountsNone(body: String, reason: String) async throws {
        try await withSimulator { (client) async throws in
            let reply = try await client.send("POST", "/events", Self.visitor, body: body)
            #expect(reply.status == 400 && reply.body.contains("personalize.EVENTS.\(reason)"), "\(reply.body)")
            #expect(try await client.stats().contains(#""events":{}"#))
        }
    }

    @Test func wantsBothHeaders() async throws {
        try await withSimulator { (client) async throws in
            for (name, reason) in [
                ("x-project-uid", "USER_UID_HEADER_NOT_SET"),
                ("x-cs-personalize-user-uid", "PROJECT_UID_HEADER_NOT_SET"),
            ] {
                let reply = try await client.send("POST", "/events", [name: testProject], body: "[]")
                #expect(reply.status == 400 && reply.body.contains("personalize.EVENTS.\(reason)"))
            }
        }
    }

    @Test func theManagementAPIKeepsTheKeys() async throws {
        try await withSimulator { (client) async throws in
            let uid = try await client.create("/events", #"{"key":"buy","description":"d"}"#)
            #expect(try await client.manage("POST", "/events", #"{"key":"buy"}"#).body.contains("DUPLICATE_KEY"))
            #expect(try await client.manage("POST", "/events", "{}").body.contains("personalize.EVENTS.KEY_REQUIRED"))
            let changed = try await client.manage("PUT", "/events/\(uid)", #"{"key":"bought"}"#)
            #expect(changed.status == 200)
            #expect(try await client.manage("GET", "/events").body == "[\(changed.body)]")
            #expect(try await client.manage("DELETE", "/events/\(uid)").status == 204)
            #expect(try await client.manage("GET", "/events").body == "[]")
        }
    }

    @Test func anArrayIsTheEdgesAlsoWithACredential() async throws {
        try await withSimulator { (client) async throws in
            let headers = Self.visitor.merging(["authorization": "Bearer any"]) { $1 }
            let body = #"[{"type":"EVENT","eventKey":"buy"}]"#
            #expect(try await client.send("POST", "/events", headers, body: body).status == 204)
            #expect(try await client.stats().contains(#""events":{"EVENT":1}"#))
        }
    }
}
