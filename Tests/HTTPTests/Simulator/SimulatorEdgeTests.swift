import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorEdgeTests {
    @Test func mergesAttributesKeyByKey() async throws {
        try await withSimulator { (client) async throws in
            let first = try await client.patch("u1", #"{"tier":"gold","points":1}"#)
            #expect(first.status == 204)
            #expect(first.body.isEmpty)
            #expect(first.header("content-length") == nil)
            #expect(first.header("x-cs-personalize-user-uid") == "u1")
            _ = try await client.patch("u1", #"{"points":2,"vip":true}"#)
            #expect(try await client.attributes("u1") == #"{"points":2,"tier":"gold","vip":true}"#)
        }
    }

    @Test(arguments: ["1.50", "9007199254740993", "-0", "1e400", "0.1000", #""a\u00e9\/b""#, #"[ "b" , "a" ]"#])
    func keepsAValueByteForByteAsItWasSent(literal: String) async throws {
        try await withSimulator { (client) async throws in
            #expect(try await client.patch("u1", #"{"value": \#(literal) }"#).status == 204)
            #expect(try await client.attributes("u1") == #"{"value":\#(literal)}"#)
        }
    }

    @Test func takesAnAttributeAwayOnNull() async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.patch("u1", #"{"a":1,"b":2}"#)
            _ = try await client.patch("u1", #"{"a":null}"#)
            #expect(try await client.attributes("u1") == #"{"b":2}"#)
        }
    }

    @Test func usesTheLastOfARepeatedKeyAndDecodesEscapedKeys() async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.patch("u1", #"{"a":1,"\u0061":2,"\ud83d\ude00":3}"#)
            #expect(try await client.attributes("u1") == #"{"a":2,"😀":3}"#)
        }
    }

    @Test(arguments: [
        "", "[]", "1", "null", "\"text\"", "{", "{\"a\":}", "{\"a\":1,}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":+1}",
        "{\"a\":NaN}", "{\"a\":'b'}", "{\"a\":1} x", "{\"a\":\"\u{1}\"}", "{\"a\":\"\\x\"}", "{\"\\ud800\":1}",
    ])
    func refusesABodyThatIsNoJSONObject(body: String) async throws {
        try await withSimulator { (client) async throws in
            let reply = try await client.patch("u1", body)
            #expect(reply.status == 400)
            #expect(reply.body.contains("personalize.USER_ATTRIBUTES.INVALID_BODY"))
            #expect(try await client.attributes("u1") == nil)
        }
    }

    @Test func refusesAnObjectAsAValueAndAppliesNothingOfTheBody() async throws {
        try await withSimulator { (client) async throws in
            #expect(try await client.patch("u1", #"{"a":1,"b":{"c":1}}"#).status == 400)
            #expect(try await client.attributes("u1") == nil)
        }
    }

    @Test func refusesARequestWithoutAProject() async throws {
        try await withSimulator { (client) async throws in
            let reply = try await client.send(
                "PATCH", "/user-attributes", ["x-cs-personalize-user-uid": "u1"], body: "{}")
            #expect(reply.status == 400)
            #expect(reply.body.contains("personalize.USER_ATTRIBUTES.PROJECT_UID_HEADER_NOT_SET"))
        }
    }

    @Test func answers404ForAProjectThatDoesNotExist() async throws {
        try await withSimulator(SimulatorOptions(projects: [testProject])) { (client) async throws in
            let known = try await client.patch("u1", "{}")
            #expect(known.status == 204)
            let unknown = try await client.patch("u1", "{}", project: "6400000000000000000000ac")
            #expect(unknown.status == 404)
        }
        try await withSimulator { (client) async throws in
            let malformed = try await client.patch("u1", "{}", project: "not-a-project")
            #expect(malformed.status == 404)
        }
    }

    @Test func takesTheOlderUserHeaderAndNoContentType() async throws {
        try await withSimulator { (client) async throws in
            let headers = ["X-Project-UID": testProject, "X-CS-Eclipse-User-UID": "u1"]
            #expect(try await client.send("PATCH", "//user-attributes", headers, body: #"{"a":1}"#).status == 204)
            #expect(try await client.attributes("u1") == #"{"a":1}"#)
        }
    }

    @Test func mintsAUidForARequestWithoutOne() async throws {
        try await withSimulator { (client) async throws in
            let reply = try await client.send(
                "PATCH", "/user-attributes", ["x-project-uid": testProject], body: #"{"a":1}"#)
            let uid = try #require(reply.header("x-cs-personalize-user-uid"))
            #expect(uid.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
            #expect(try await client.attributes(uid) == #"{"a":1}"#)
        }
    }

    @Test func canAnswerASuccessWith200AndText() async throws {
        try await withSimulator(SimulatorOptions(successStatus: 200)) { (client) async throws in
            let reply = try await client.patch("u1", "{}")
            #expect(reply.status == 200)
            #expect(reply.body == "User Attributes added successfully")
        }
    }

    @Test(arguments: [
        (SimulatorOptions.UnknownKeys.ignore, 204, Optional("{}")), (.reject, 400, String?.none),
        (.store, 204, Optional(#"{"a":1}"#)),
    ])
    func treatsAKeyWithoutDefinitionAsTold(mode: SimulatorOptions.UnknownKeys, status: Int, held: String?) async throws
    {
        try await withSimulator(SimulatorOptions(unknownKeys: mode)) { (client) async throws in
            #expect(try await client.patch("u1", #"{"a":1}"#).status == status)
            #expect(try await client.attributes("u1") == held)
        }
    }

    @Test func servesAManifestWithoutExperiences() async throws {
        try await withSimulator { (client) async throws in
            let headers = ["x-project-uid": testProject, "x-cs-personalize-user-uid": "u1"]
            let reply = try await client.send("GET", "/manifest", headers)
            #expect(reply.status == 200)
            #expect(reply.body == #"{"experiences":[]}"#)
            #expect(reply.header("x-cs-personalize-user-uid") == "u1")
            #expect(try await client.send("GET", "/manifest", ["x-project-uid": "nope"]).status == 404)
            #expect(try await client.send("GET", "/manifest").status == 400)
        }
    }

    @Test func answers404ForAPathThatContentstackDoesNotHave() async throws {
        try await withSimulator { (client) async throws in
            #expect(
                try await client.send("PUT", "/user-attributes", ["x-project-uid": testProject], body: "{}").status
                    == 404)
        }
    }

    @Test func refusesABodyOfMoreThanAMebibyte() async throws {
        try await withSimulator { (client) async throws in
            let value = String(repeating: "x", count: 1_048_576)
            let reply = try await client.patch("u1", #"{"a":"\#(value)"}"#)
            #expect(reply.status == 413 || reply.end == .reset)
            #expect(try await client.attributes("u1") == nil)
        }
    }
}
