import Foundation
import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorAuthorizeTests {
    private static let path = "/apps/6500000000000000000000aa/authorize?"

    @Test func thePageNamesTheAppTheScopesAndTheAccount() async throws {
        try await withSimulator { (client) async throws in
            let page = try await client.send("GET", Self.path + OAuthForm.text(OAuthForm.authorize))
            #expect(page.status == 200)
            #expect(page.header("content-type") == "text/html; charset=utf-8")
            for part in [
                "Headrace demo", "personalize:read", "personalize:manage", "demo@example.com", "Approve", "Deny",
            ] {
                #expect(page.body.contains(part))
            }
            #expect(!page.body.contains("<script"))
        }
    }

    @Test func bothAnswersGoBackToTheApp() async throws {
        try await withSimulator { (client) async throws in
            let page = try await client.send("GET", Self.path + OAuthForm.text(OAuthForm.authorize))
            let approved = try await client.press("approve", on: page)
            #expect(approved.status == 302)
            let back = try #require(approved.header("location"))
            #expect(
                back.wholeMatch(
                    of: /http:\/\/localhost:8765\/callback\?code=[0-9a-f]{64}&location=NA&state=s%20t%26te/) != nil)
            let denied = try await client.press("deny", on: page)
            #expect(denied.status == 302)
            #expect(
                denied.header("location") == "http://localhost:8765/callback?error=access_denied&state=s%20t%26te")
        }
    }

    /// An app that may ask is told that it asks for too much.
    @Test func aScopeThatTheAppLacksGoesBackToIt() async throws {
        try await withSimulator { (client) async throws in
            var query = OAuthForm.authorize
            query["code_challenge_method"] = "S256"
            query["scope"] = "personalize:read cms:write"
            let page = try await client.send("GET", Self.path + OAuthForm.text(query))
            #expect(page.status == 302)
            #expect(
                page.header("location")?.hasPrefix("http://localhost:8765/callback?error=invalid_scope&state=") == true)
        }
    }

    @Test(arguments: [
        ("client_id", "other"), ("response_type", "token"),
        ("redirect_uri", "https://evil.example/callback"), ("redirect_uri", "http://localhost:8765/other"),
        ("redirect_uri", "http://localhost.evil.example/callback"), ("redirect_uri", "https://localhost/callback"),
        ("redirect_uri", "http://localhost:8765/callback?next=x"), ("redirect_uri", "http://x@localhost/callback"),
        ("redirect_uri", "http://localhost:8765/callback#f"), ("code_challenge", "short"),
    ])
    func aRequestThatDoesNotFitGetsAPageAndNoRedirect(field: String, value: String) async throws {
        try await withSimulator { (client) async throws in
            var query = OAuthForm.authorize
            query["code_challenge_method"] = "S256"
            query[field] = value
            let page = try await client.send("GET", Self.path + OAuthForm.text(query))
            #expect(page.status == 400 && page.header("location") == nil)
            query["decision"] = "approve"
            query["person"] = "blt5e1f0000000000a1 blt5e1f000000000001"
            let posted = try await client.send(
                "POST", String(Self.path.dropLast()), body: OAuthForm.text(query))
            #expect(posted.status == 400 && posted.header("location") == nil)
        }
    }

    @Test(arguments: [
        "http://localhost:1/callback", "http://127.0.0.1:65535/callback", "http://localhost/callback",
        "http://localhost:8184", "http://localhost:9999/",
    ])
    func onThisMachineAnyPortWillDo(address: String) async throws {
        try await withSimulator { (client) async throws in
            let code = try await client.approve(["redirect_uri": address])
            var form = OAuthForm.code(code)
            form["redirect_uri"] = address
            #expect(try await client.token(form).status == 200)
        }
    }

    @Test func theHashStyleKnowsTheAppByItsClient() async throws {
        try await withSimulator { (client) async throws in
            let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
            let page = try await client.send(
                "GET",
                "/?response_type=code&client_id=headrace-demo&code_challenge=\(challenge)&code_challenge_method=S256")
            let reply = try await client.press("approve", on: page)
            let back = try #require(reply.header("location"))
            #expect(back.hasPrefix("http://localhost:8184?code=") && !back.contains("state="))
            #expect(try await !client.send("GET", "/").body.contains("Authorize"))
            #expect(try await client.send("GET", "/?response_type=code&client_id=other").status == 400)
        }
    }

    @Test func aPageNeverRunsWhatItWasSent() async throws {
        try await withSimulator { (client) async throws in
            var query = OAuthForm.authorize
            query["state"] = #""><script>alert(1)</script>"#
            let page = try await client.send("GET", Self.path + OAuthForm.text(query))
            #expect(page.status == 200 && !page.body.contains("<script"))
            #expect(page.header("content-security-policy")?.hasPrefix("default-src 'none'") == true)
        }
    }

    @Test func aPersonInSeveralOrganizationsChoosesOne() async throws {
        let accounts = [
            SimulatorOptions.Account(
                uid: "ada", email: "ada@example.com", password: "p",
                organizations: [.init(uid: "org1", name: "One"), .init(uid: "org2", name: "Two")])
        ]
        try await withSimulator(SimulatorOptions(accounts: accounts)) { (client) async throws in
            let page = try await client.send("GET", Self.path + OAuthForm.text(OAuthForm.authorize))
            #expect(page.body.contains(#"<option value="ada org2">ada@example.com in Two</option>"#))
            var form = OAuthForm.authorize
            (form["decision"], form["person"]) = ("approve", "ada org2")
            let reply = try await client.send("POST", String(Self.path.dropLast()), body: OAuthForm.text(form))
            let code = String(try #require(reply.header("location")?.firstMatch(of: /code=([0-9a-f]+)/)).1)
            let token = try await client.token(OAuthForm.code(code))
            #expect(token.body.contains(#""organization_uid":"org2""#))
        }
    }

    @Test func theLogKeepsNoSecret() async throws {
        try await withSimulator { (client) async throws in
            let code = try await client.approve()
            let token = try await client.token(OAuthForm.code(code))
            _ = try await client.send("POST", "//apps-api/introspect", body: "token=\(token.member("access_token"))")
            let user = #"{"user":{"email":"demo@example.com","password":"headrace-demo"}}"#
            _ = try await client.send("POST", "/v3/user-session", body: user)
            let log = try await client.send("GET", "/__simulator/requests").body
            #expect(log.contains(#""path":"/apps-api/token""#) && log.contains(#""path":"/v3/user-session""#))
            for secret in [code, try token.member("access_token"), "headrace-demo", "s%20t"] {
                #expect(!log.contains(secret), "the log holds \(secret)")
            }
        }
    }
}
