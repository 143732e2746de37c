import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorManagementTests {
    private static let signedIn = ["x-project-uid": testProject, "authtoken": "any"]

    @Test func wantsASignIn() async throws {
        try await withSimulator { (client) async throws in
            let reply = try await client.send("GET", "/attributes", ["x-project-uid": testProject])
            #expect(reply.status == 401)
            #expect(reply.body.contains("You're not allowed in here unless you're logged in."))
            let bearer = ["x-project-uid": testProject, "authorization": "Bearer token"]
            #expect(try await client.send("GET", "/attributes", bearer).status == 200)
        }
    }

    @Test func takesOnlyTheTokensItWasGiven() async throws {
        try await withSimulator(SimulatorOptions(managementTokens: ["right"])) { (client) async throws in
            let refused = try await client.send("GET", "/attributes", Self.signedIn)
            #expect(refused.status == 401)
            let right = ["x-project-uid": testProject, "authtoken": "right"]
            let taken = try await client.send("GET", "/attributes", right)
            #expect(taken.status == 200)
        }
    }

    @Test func listsTheEightPresets() async throws {
        try await withSimulator { (client) async throws in
            let body = try await client.send("GET", "/attributes", Self.signedIn).body
            #expect(body.hasPrefix("[") && body.hasSuffix("]"))
            #expect(body.matches(of: /"__type":"PRESET"/).count == 8)
            for constant in ["DEVICE_TYPE", "QUERY_PARAMETERS", "DATE_AND_TIME"] {
                #expect(body.contains(#""uid":"\#(constant)""#))
            }
        }
    }

    @Test func createsADefinitionWithContentstacksIdsAndTimes() async throws {
        try await withSimulator { (client) async throws in
            let created = try await client.send(
                "POST", "/attributes", Self.signedIn, body: #"{"name":"Tier","key":"tier","description":"d"}"#)
            #expect(created.status == 201)
            #expect(created.body.firstMatch(of: /"uid":"[0-9a-f]{24}"/) != nil)
            #expect(created.body.firstMatch(of: /"createdAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/) != nil)
            let list = try await client.send("GET", "/attributes", Self.signedIn).body
            #expect(list.contains(created.body))
        }
    }

    @Test(arguments: [
        (#"{"name":"Other","key":"tier"}"#, "personalize.ATTRIBUTES.DUPLICATE_KEY"),
        (#"{"name":"Tier","key":"other"}"#, "personalize.ATTRIBUTES.DUPLICATE_NAME"),
        (#"{"name":"Other"}"#, "personalize.ATTRIBUTES.KEY_REQUIRED"),
        (#"{"key":"other"}"#, "personalize.ATTRIBUTES.NAME_REQUIRED"),
        ("[]", "personalize.ATTRIBUTES.INVALID_BODY"),
    ])
    func refusesADefinitionThatDoesNotFit(body: String, code: String) async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.send("POST", "/attributes", Self.signedIn, body: #"{"name":"Tier","key":"tier"}"#)
            let reply = try await client.send("POST", "/attributes", Self.signedIn, body: body)
            #expect(reply.status == 400)
            #expect(reply.body.contains(#""errors":{"#) && reply.body.contains(#""code":"\#(code)""#))
        }
    }
}
