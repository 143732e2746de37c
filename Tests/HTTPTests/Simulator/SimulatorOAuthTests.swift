import Foundation
import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorOAuthTests {
    private let time = ManualTime()

    private func options(_ change: (inout SimulatorOptions) -> Void = { _ in }) -> SimulatorOptions {
        let time = time
        var options = SimulatorOptions(accounts: [.standard], now: { time.now })
        change(&options)
        return options
    }

    @Test func aPersonLetsAnAppIn() async throws {
        try await withSimulator(options()) { (client) async throws in
            let code = try await client.approve()
            let reply = try await client.token(OAuthForm.code(code))
            #expect(reply.status == 200)
            for member in [
                #""token_type":"Bearer""#, #""expires_in":3600"#, #""location":"NA""#,
                #""organization_uid":"blt5e1f000000000001""#, #""authorization_type":"user""#, #""refresh_token":""#,
            ] {
                #expect(reply.body.contains(member), "\(reply.body)")
            }
            let token = try reply.member("access_token")
            #expect(try await client.read(token).status == 200)
            #expect(try await client.write(token).status == 201)
            let user = try await client.send("GET", "/v3/user", ["authorization": "Bearer \(token)"]).body
            #expect(user.contains(#""email":"demo@example.com""#))
        }
    }

    @Test func readingNeedsLessThanWriting() async throws {
        try await withSimulator(options()) { (client) async throws in
            let code = try await client.approve(scope: "personalize:read")
            let token = try await client.token(OAuthForm.code(code)).member("access_token")
            #expect(try await client.read(token).status == 200)
            #expect(try await client.write(token).status == 403)
        }
    }

    @Test func anAccessTokenEndsWithItsLifetime() async throws {
        try await withSimulator(options { $0.accessTokenLifetime = .seconds(60) }) { (client) async throws in
            let reply = try await client.token(OAuthForm.code(try await client.approve()))
            #expect(reply.body.contains(#""expires_in":60"#))
            let token = try reply.member("access_token")
            time.advance(by: 59)
            #expect(try await client.read(token).status == 200)
            time.advance(by: 1)
            let late = try await client.read(token)
            #expect(late.status == 401)
            #expect(late.body.contains(#""error_message":"The access token is invalid or expired""#))
        }
    }

    @Test func anExpiredTokenIsRefusedAlsoWhereAnyOtherIsTaken() async throws {
        try await withSimulator(options { $0.accounts = nil }) { (client) async throws in
            let token = try await client.token(OAuthForm.code(try await client.approve())).member("access_token")
            time.advance(by: 3_600)
            #expect(try await client.read(token).status == 401)
            #expect(try await client.read("any").status == 200)
        }
    }

    @Test func aCodeLivesAMinute() async throws {
        try await withSimulator(options()) { (client) async throws in
            let (early, late) = (try await client.approve(), try await client.approve())
            time.advance(by: 59.9)
            #expect(try await client.token(OAuthForm.code(early)).status == 200)
            time.advance(by: 0.1)
            let reply = try await client.token(OAuthForm.code(late))
            #expect(reply.status == 400 && reply.body.contains(#""error":"invalid_grant""#))
        }
    }

    @Test func aCodeThatComesTwiceEndsWhatItGave() async throws {
        try await withSimulator(options()) { (client) async throws in
            let code = try await client.approve()
            let first = try await client.token(OAuthForm.code(code))
            let fresh = try await client.token(OAuthForm.refresh(try first.member("refresh_token")))
            let replay = try await client.token(OAuthForm.code(code))
            #expect(replay.status == 400 && replay.body.contains(#""error":"invalid_grant""#))
            for token in [try first.member("access_token"), try fresh.member("access_token")] {
                #expect(try await client.read(token).status == 401)
            }
            let refresh = try await client.token(OAuthForm.refresh(try fresh.member("refresh_token")))
            #expect(refresh.status == 400)
        }
    }

    @Test func aRefreshTokenIsGoodOnce() async throws {
        try await withSimulator(options()) { (client) async throws in
            let first = try await client.token(OAuthForm.code(try await client.approve()))
            let second = try await client.token(OAuthForm.refresh(try first.member("refresh_token")))
            #expect(second.status == 200)
            #expect(try await client.read(try second.member("access_token")).status == 200)
            let again = try await client.token(OAuthForm.refresh(try first.member("refresh_token")))
            #expect(again.status == 400 && again.body.contains(#""error":"invalid_grant""#))
            #expect(try await client.token(OAuthForm.refresh(try second.member("refresh_token"))).status == 200)
        }
    }

    @Test(arguments: [
        ("client_id", "other", 401, "invalid_client"), ("client_secret", "wrong", 401, "invalid_client"),
        ("redirect_uri", "http://localhost:9/callback", 400, "invalid_grant"),
        ("code", "guess", 400, "invalid_grant"), ("grant_type", "password", 400, "unsupported_grant_type"),
        ("code_verifier", String(repeating: "v", count: 43), 400, "invalid_grant"),
    ])
    func aCodeIsBoundToWhoAskedForIt(field: String, value: String, status: Int, error: String) async throws {
        try await withSimulator(options()) { (client) async throws in
            var form = OAuthForm.code(try await client.approve())
            form[field] = value
            let reply = try await client.token(form)
            #expect(reply.status == status && reply.body.contains(#""error":"\#(error)""#), "\(reply)")
        }
    }

    @Test func aChallengeTakesTheSecretsPlace() async throws {
        let app = SimulatorOptions.OAuthApp(
            uid: "public", name: "Public", clientID: "public", redirectURIs: ["http://localhost:8184"])
        try await withSimulator(options { $0.oauthApps = [app] }) { (client) async throws in
            // The challenge of RFC 7636, appendix B.
            let pkce = [
                "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
                "client_id": "public", "redirect_uri": "http://localhost:8184",
            ]
            for (verifier, status) in [
                ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", 200), (String(repeating: "v", count: 43), 400),
            ] {
                var form = OAuthForm.code(try await client.approve(app: "public", pkce))
                form.merge(["client_id": "public", "redirect_uri": "http://localhost:8184"]) { $1 }
                (form["client_secret"], form["code_verifier"]) = (nil, verifier)
                #expect(try await client.token(form, path: "/token").status == status)
            }
            var bare = OAuthForm.authorize.merging(pkce) { $1 }
            bare["code_challenge"] = nil
            let reply = try await client.send("GET", "/apps/public/authorize?" + OAuthForm.text(bare))
            #expect(reply.status == 400)
            let own = try await client.token(["grant_type": "client_credentials", "client_id": "public"])
            #expect(own.status == 401)
        }
    }

    @Test func anAppWithASecretGetsATokenOfItsOwn() async throws {
        try await withSimulator(options()) { (client) async throws in
            let reply = try await client.token([
                "grant_type": "client_credentials", "client_id": "headrace-demo",
                "client_secret": "headrace-demo-secret",
            ])
            #expect(reply.status == 200 && reply.body.contains(#""authorization_type":"app""#))
            #expect(!reply.body.contains("refresh_token"))
            #expect(try await client.read(try reply.member("access_token")).status == 200)
        }
    }

    @Test func tellsWhetherATokenIsActive() async throws {
        try await withSimulator(options()) { (client) async throws in
            let code = try await client.approve(scope: "personalize:read")
            let token = try await client.token(OAuthForm.code(code)).member("access_token")
            func introspect(_ token: String) async throws -> String {
                try await client.send("POST", "/apps-api/introspect", body: "token=\(token)").body
            }
            #expect(try await introspect(token) == #"{"active":true,"scope":"personalize:read"}"#)
            #expect(try await introspect("other") == #"{"active":false}"#)
            time.advance(by: 3_600)
            #expect(try await introspect(token) == #"{"active":false}"#)
        }
    }

    @Test func anAuthorizationCanBeTakenBack() async throws {
        try await withSimulator(options()) { (client) async throws in
            let reply = try await client.token(OAuthForm.code(try await client.approve()))
            let token = try reply.member("access_token")
            let path = "/manifests/6500000000000000000000aa/authorizations"
            var headers = ["authorization": "Bearer \(token)"]
            #expect(try await client.send("GET", path, headers).status == 400)
            headers["organization_uid"] = "blt5e1f000000000001"
            let list = try await client.send("GET", path, headers)
            #expect(list.body.contains(#""user":{"uid":"blt5e1f0000000000a1","email":"demo@example.com"}"#))
            let uid = try list.member("authorization_uid")
            #expect(try await client.send("DELETE", path + "/other", headers).status == 404)
            #expect(try await client.send("DELETE", path + "/" + uid, headers).status == 204)
            #expect(try await client.read(token).status == 401)
            #expect(try await client.token(OAuthForm.refresh(try reply.member("refresh_token"))).status == 400)
        }
    }
}
