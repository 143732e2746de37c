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

    private static func uid(in body: String) throws -> String {
        String(try #require(body.firstMatch(of: /"uid":"([0-9a-f]{24})"/)).1)
    }

    private static func audience(_ name: String, _ rules: [String]) -> String {
        #"{"name":"\#(name)","definition":{"__type":"RuleCombination","combinationType":"AND","rules":["#
            + rules.joined(separator: ",") + "]}}"
    }

    private static func rule(on uid: String, _ condition: String = "IS_TRUE", _ options: String = "") -> String {
        #"{"__type":"Rule","attribute":{"__type":"CustomAttributeReference","ref":"\#(uid)"},"#
            + #""attributeMatchCondition":"\#(condition)"\#(options),"invertCondition":false}"#
    }

    @Test func aDefinitionCanBeChangedAndDeleted() async throws {
        try await withSimulator { (client) async throws in
            func send(_ method: String, _ path: String, _ body: String = "") async throws -> RawReply {
                try await client.send(method, path, Self.signedIn, body: body)
            }
            let tier = try Self.uid(in: try await send("POST", "/attributes", #"{"name":"Tier","key":"tier"}"#).body)
            _ = try await send("POST", "/attributes", #"{"name":"Vip","key":"vip"}"#)
            #expect(try await send("PUT", "/attributes/\(tier)", #"{"name":"Level","key":"vip"}"#).status == 400)
            let changed = try await send("PUT", "/attributes/\(tier)", #"{"name":"Level","key":"level"}"#)
            #expect(changed.status == 200 && changed.body.contains(#""key":"level""#))
            #expect(try await send("GET", "/attributes").body.contains(changed.body))
            #expect(try await send("PUT", "/attributes/0", #"{"name":"a","key":"a"}"#).status == 404)
            #expect(try await send("DELETE", "/attributes/\(tier)").status == 204)
            #expect(try await send("DELETE", "/attributes/\(tier)").status == 404)
            #expect(try await send("DELETE", "/attributes/COUNTRY").status == 404)
            #expect(try await !send("GET", "/attributes").body.contains("level"))
        }
    }

    @Test func audiencesAreKeptAndHoldTheirAttributes() async throws {
        try await withSimulator { (client) async throws in
            func send(_ method: String, _ path: String, _ body: String = "") async throws -> RawReply {
                try await client.send(method, path, Self.signedIn, body: body)
            }
            #expect(try await send("GET", "/audiences").body == "[]")
            let vip = try Self.uid(in: try await send("POST", "/attributes", #"{"name":"Vip","key":"vip"}"#).body)
            let body = Self.audience("VIPs", [Self.rule(on: vip)])
            let created = try await send("POST", "/audiences", body)
            #expect(created.status == 201 && created.body.contains(#""ref":"\#(vip)""#), "\(created)")
            #expect(try await send("GET", "/audiences").body == "[\(created.body)]")
            #expect(try await send("POST", "/audiences", body).body.contains("personalize.AUDIENCES.DUPLICATE_NAME"))
            // Each project has its own.
            let other = ["x-project-uid": "6400000000000000000000cd", "authtoken": "any"]
            #expect(try await client.send("GET", "/audiences", other).body == "[]")
            let held = try await send("DELETE", "/attributes/\(vip)")
            #expect(held.status == 400 && held.body.contains("personalize.ATTRIBUTES.IN_USE"))

            let uid = try Self.uid(in: created.body)
            let renamed = try await send("PUT", "/audiences/\(uid)", Self.audience("All", []))
            #expect(renamed.status == 200 && renamed.body.contains(#""name":"All""#))
            #expect(try await send("DELETE", "/attributes/\(vip)").status == 204)
            #expect(try await send("DELETE", "/audiences/\(uid)").status == 204)
            #expect(try await send("DELETE", "/audiences/\(uid)").status == 404)
            #expect(try await send("GET", "/audiences").body == "[]")
        }
    }

    @Test(arguments: [
        (#"{"name":"A"}"#, "personalize.AUDIENCES.DEFINITION_REQUIRED"),
        (#"{"definition":{}}"#, "personalize.AUDIENCES.NAME_REQUIRED"),
        (#"{"name":"A","definition":{"__type":"Rule"}}"#, "personalize.AUDIENCES.INVALID_DEFINITION"),
        (#"{"name":"A","definition":5}"#, "personalize.AUDIENCES.INVALID_DEFINITION"),
        (audience("A", [rule(on: "5f")]), "personalize.AUDIENCES.ATTRIBUTE_NOT_FOUND"),
        (
            audience("A", [rule(on: "5f", "STRING_EQUALS")]),
            "valid matchOptions is required for STRING_EQUALS condition"
        ),
        (
            audience("A", [rule(on: "5f", "NUMBER_LESS_THAN", #","attributeMatchOptions":{"value":"5"}"#)]),
            "valid matchOptions is required for NUMBER_LESS_THAN condition"
        ),
        (
            audience("A", Array(repeating: rule(on: "5f"), count: 51)), "personalize.AUDIENCES.RULE_COUNT_EXCEEDED"
        ),
        ("[]", "personalize.AUDIENCES.INVALID_BODY"),
    ])
    func refusesAnAudienceThatDoesNotFit(body: String, code: String) async throws {
        try await withSimulator { (client) async throws in
            let reply = try await client.send("POST", "/audiences", Self.signedIn, body: body)
            #expect(reply.status == 400)
            #expect(reply.body.contains(#""code":"\#(code)""#), "\(reply.body)")
        }
    }

    @Test(arguments: [
        ("PATCH", "/attributes"), ("DELETE", "/attributes"), ("POST", "/attributes/5f"), ("PUT", "/audiences"),
        ("GET", "/audiences/5f"), ("GET", "/attributes/"), ("GET", "/audiences/5f/x"),
    ])
    func thereIsNoSuchPath(method: String, path: String) async throws {
        try await withSimulator { (client) async throws in
            let reply = try await client.send(method, path, Self.signedIn)
            #expect(reply.status == 404 && reply.body.contains("Cannot \(method) \(path)"), "\(reply)")
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
