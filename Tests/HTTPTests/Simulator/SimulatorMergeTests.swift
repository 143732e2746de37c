import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorMergeTests {
    private static func merge(_ client: SimulatorClient, _ body: String) async throws -> RawReply {
        try await client.send("POST", "/user-attributes/actions/merge", ["x-project-uid": testProject], body: body)
    }

    private static func uids(_ source: String, _ target: String) -> String {
        #"{"sourceUserUid":"\#(source)","targetUserUid":"\#(target)"}"#
    }

    @Test func theSourcesValuesWinAndTheSourceStays() async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.patch("guest", #"{"tier":"tin","seen":3}"#)
            _ = try await client.patch("known", #"{"tier":"gold","name":"Ada"}"#)
            let reply = try await Self.merge(client, Self.uids("guest", "known"))
            #expect(reply.status == 204 && reply.body.isEmpty)
            #expect(try await client.attributes("known") == #"{"name":"Ada","seen":3,"tier":"tin"}"#)
            #expect(try await client.attributes("guest") == #"{"seen":3,"tier":"tin"}"#)
        }
    }

    @Test func mergingSomebodyIntoThemselvesOrFromNobodyChangesNothing() async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.patch("u1", #"{"a":1}"#)
            #expect(try await Self.merge(client, Self.uids("u1", "u1")).status == 204)
            #expect(try await Self.merge(client, Self.uids("nobody", "u1")).status == 204)
            #expect(try await Self.merge(client, Self.uids("nobody", "noone")).status == 204)
            #expect(try await client.attributes("u1") == #"{"a":1}"#)
            #expect(try await client.stats().contains(#""users":1,"#))
        }
    }

    @Test func aMergeIntoSomebodyUnknownMakesThem() async throws {
        try await withSimulator(SimulatorOptions(successStatus: 200)) { (client) async throws in
            _ = try await client.patch("u1", #"{"a":1}"#)
            #expect(try await Self.merge(client, Self.uids("u1", "new")).body == "User Attributes merged successfully")
            #expect(try await client.attributes("new") == #"{"a":1}"#)
        }
    }

    @Test(arguments: [
        ("[]", "INVALID_BODY"), (#"{"targetUserUid":"b"}"#, "SOURCE_USER_UID_REQUIRED"),
        (#"{"sourceUserUid":"a"}"#, "TARGET_USER_UID_REQUIRED"),
        (#"{"sourceUserUid":1,"targetUserUid":"b"}"#, "SOURCE_USER_UID_REQUIRED"),
        (#"{"sourceUserUid":"a","targetUserUid":""}"#, "TARGET_USER_UID_REQUIRED"),
    ])
    func refusesAMergeThatNamesNotBoth(body: String, reason: String) async throws {
        try await withSimulator { (client) async throws in
            let reply = try await Self.merge(client, body)
            #expect(reply.status == 400)
            #expect(reply.body.contains("personalize.USER_ATTRIBUTES.\(reason)"))
        }
    }
}
