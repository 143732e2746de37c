import Foundation
import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorAccountTests {
    private static let ada = SimulatorOptions.Account(
        uid: "ada", email: "ada@example.com", password: "pass word", secondFactor: "123456",
        organizations: [.init(uid: "org1", name: "One"), .init(uid: "org2", name: "Two")])
    private static let bob = SimulatorOptions.Account(
        uid: "bob", email: "bob@example.com", password: "b", organizations: [.init(uid: "org3", name: "Three")])
    private static let strict = SimulatorOptions(accounts: [ada, bob], managementRequestsPerSecond: nil)

    private static func signIn(_ client: SimulatorClient, _ user: String) async throws -> RawReply {
        try await client.send("POST", "/v3/user-session", body: #"{"user":{\#(user)}}"#)
    }

    private static func token(_ reply: RawReply) throws -> String {
        String(try #require(reply.body.firstMatch(of: /"authtoken":"([0-9a-f]+)"/), "\(reply.body)").1)
    }

    private static func bobsToken(_ client: SimulatorClient) async throws -> String {
        try token(try await signIn(client, #""email":"Bob@Example.com","password":"b""#))
    }

    @Test func signsInWithASecondFactor() async throws {
        try await withSimulator(Self.strict) { (client) async throws in
            let user = #""email":"ada@example.com","password":"pass word""#
            let half = try await Self.signIn(client, user)
            #expect(half.status == 401 && half.body.contains(#""error_code":294"#))
            #expect(half.body.contains(#""tfa_type":"totp_authenticator""#))
            let sms = try await client.send(
                "POST", "/v3/user/request_token_sms", body: #"{"user":{\#(user)}}"#)
            #expect(sms.status == 200)
            #expect(try await Self.signIn(client, user + #","tfa_token":"000000""#).status == 422)
            let whole = try await Self.signIn(client, user + #","tfa_token":"123456""#)
            #expect(whole.status == 200 && whole.body.contains(#""notice":"Login Successful.""#))
            let headers = ["authtoken": try Self.token(whole)]
            #expect(
                try await client.send("GET", "/v3/user?include_orgs_roles=true", headers).body
                    == #"{"user":{"uid":"ada","email":"ada@example.com","organizations":"#
                    + #"[{"uid":"org1","name":"One"},{"uid":"org2","name":"Two"}]}}"#)
        }
    }

    @Test(arguments: [
        #""email":"ada@example.com","password":"wrong""#, #""email":"eve@example.com","password":"b""#,
        #""email":"ada@example.com""#, "",
    ])
    func refusesWrongCredentials(user: String) async throws {
        try await withSimulator(Self.strict) { (client) async throws in
            for path in ["/v3/user-session", "/v3/user/request_token_sms"] {
                let reply = try await client.send("POST", path, body: #"{"user":{\#(user)}}"#)
                #expect(reply.status == 422 && reply.body.contains(#""error_code":104"#), "\(reply)")
            }
        }
    }

    @Test func aTokenEndsWithItsSession() async throws {
        try await withSimulator(Self.strict) { (client) async throws in
            let headers = ["authtoken": try await Self.bobsToken(client), "x-project-uid": testProject]
            #expect(try await client.send("GET", "/attributes", headers).status == 200)
            #expect(try await client.send("DELETE", "/v3/user-session", headers).status == 200)
            #expect(try await client.send("GET", "/attributes", headers).status == 401)
            #expect(try await client.send("DELETE", "/v3/user-session", headers).status == 401)
        }
    }

    @Test func theOldestOfTooManyTokensIsDroppedInSilence() async throws {
        try await withSimulator { (client) async throws in
            let user = #""email":"demo@example.com","password":"headrace-demo""#
            let first = try Self.token(try await Self.signIn(client, user))
            var second = ""
            for number in 2...21 {
                let token = try Self.token(try await Self.signIn(client, user))
                if number == 2 { second = token }
            }
            #expect(try await client.send("GET", "/v3/user", ["authtoken": first]).status == 401)
            #expect(try await client.send("GET", "/v3/user", ["authtoken": second]).status == 200)
        }
    }

    @Test func withAccountsOnlyTheirTokensAndTheStaticOnesOpen() async throws {
        var options = Self.strict
        options.managementTokens = ["static"]
        try await withSimulator(options) { (client) async throws in
            func ask(_ name: String, _ value: String) async throws -> RawReply {
                try await client.send("GET", "/attributes", ["x-project-uid": testProject, name: value])
            }
            #expect(try await ask("authtoken", "static").status == 200)
            #expect(try await ask("authorization", "Bearer static").status == 200)
            #expect(try await ask("authtoken", "any").body.contains("You're not allowed in here"))
            let bearer = try await ask("authorization", "Bearer any")
            #expect(bearer.status == 401)
            #expect(bearer.body.contains(#""error_message":"The access token is invalid or expired""#))
        }
    }

    @Test func listsAndCreatesTheProjectsOfAnOrganization() async throws {
        try await withSimulator(Self.strict) { (client) async throws in
            let token = try await Self.bobsToken(client)
            func projects(_ method: String, _ organization: String?, body: String = "") async throws -> RawReply {
                var headers = ["authtoken": token]
                headers["organization_uid"] = organization
                return try await client.send(method, "/projects", headers, body: body)
            }
            #expect(try await projects("GET", nil).status == 400)
            #expect(try await projects("GET", "org1").status == 403)
            #expect(try await projects("GET", "org3").body == "[]")
            _ = try await client.send("GET", "/attributes", ["authtoken": token, "x-project-uid": testProject])
            let seen = try await projects("GET", "org3").body
            for member in [
                #""uid":"\#(testProject)","name":"Project 00ab","description":"","organizationUid":"org3""#,
                #""audienceCount":0,"activeExperienceCount":0,"createdAt":""#,
            ] {
                #expect(seen.contains(member), "\(seen)")
            }
            let created = try await projects("POST", "org3", body: #"{"name":"Shop","description":"d"}"#)
            #expect(created.status == 201)
            #expect(try await projects("GET", "org3").body.hasSuffix(",\(created.body)]"))
            let twin = try await projects("POST", "org3", body: #"{"name":"Shop"}"#)
            #expect(twin.status == 400 && twin.body.contains("personalize.PROJECTS.DUPLICATE_NAME"))
            #expect(try await projects("POST", "org3", body: #"{"name":"Third"}"#).status == 201)
            let full = try await projects("POST", "org3", body: #"{"name":"Fourth"}"#)
            #expect(full.status == 400 && full.body.contains("personalize.PROJECTS.LIMIT_EXCEEDED"))
        }
    }

    @Test func aCreatedProjectExistsForTheEdge() async throws {
        try await withSimulator(SimulatorOptions(projects: [testProject])) { (client) async throws in
            let headers = ["authtoken": "any", "organization_uid": "blt5e1f000000000001"]
            let listed = try await client.send("GET", "/projects", headers).body
            #expect(listed.contains(testProject))
            let created = try await client.send("POST", "/projects", headers, body: #"{"name":"Shop"}"#)
            let uid = String(try #require(created.body.firstMatch(of: /"uid":"([0-9a-f]{24})"/)).1)
            #expect(try await client.patch("u1", "{}", project: uid).status == 204)
            #expect(try await client.patch("u1", "{}", project: "6400000000000000000000ac").status == 404)
        }
    }

    @Test func countsWhatAProjectHas() async throws {
        try await withSimulator { (client) async throws in
            let everyone = try await client.createAudience("everyone", Rules.all())
            _ = try await client.createExperience("on", everyone)
            _ = try await client.createExperience("off", status: "PAUSED", everyone)
            let headers = ["authtoken": "any", "organization_uid": "blt5e1f000000000001"]
            let body = try await client.send("GET", "/projects", headers).body
            #expect(body.contains(#""audienceCount":1,"activeExperienceCount":1,"#), "\(body)")
        }
    }

    @Test func aProjectOfAnotherOrganizationIsClosed() async throws {
        var options = Self.strict
        options.projects = [testProject]
        try await withSimulator(options) { (client) async throws in
            let headers = ["authtoken": try await Self.bobsToken(client), "x-project-uid": testProject]
            #expect(try await client.send("GET", "/attributes", headers).status == 403)
        }
    }
}
