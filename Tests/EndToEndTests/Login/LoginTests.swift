import Foundation
import TestKit
import Testing

/// `login`, `whoami` and `logout` against the simulator's pages and endpoints.
@Suite struct LoginTests {
    @Test(arguments: [LoginShop.Method.secretApp, .publicApp])
    func aLoginLastsUntilTheLogout(method: LoginShop.Method) async throws {
        let shop = try await LoginShop(method)
        let nobody = try await shop.headrace("whoami")
        #expect(nobody.exit == 2 && nobody.stderr.contains("nobody is logged in"))

        let login = try shop.start(["login"])
        let address = try await shop.address(of: login)
        // The browser was sent there.
        try await eventually { try await shop.simulator.stats().requests == 1 }
        let hasHash = address.contains("#!/apps/6500000000000000000000aa/authorize")
        #expect(hasHash == (method == .publicApp), "\(address)")
        let back = try await shop.press("approve", on: address)
        #expect(back.hasPrefix("http://localhost:\(shop.redirectPort)/callback?code="))
        let page = try await LoginShop.get(back)
        #expect(page.status == 200 && page.body.contains("Logged in. You can close this page"))
        let output = await login.end()
        #expect(output.exit == 0)
        #expect(
            output.stdout.hasPrefix("logged in: demo@example.com of organization blt5e1f000000000001 at 127.0.0.1:"))

        let who = try await shop.headrace("whoami")
        #expect(who.exit == 0 && who.stdout.hasPrefix("demo@example.com of Demo organization at 127.0.0.1:"))
        #expect(who.stdout.contains("with a token until 20"))
        let attributes = try FileManager.default.attributesOfItem(atPath: shop.loginsFile)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try await shop.headrace("attributes", "push", "--yes").exit == 0)

        let file = try String(contentsOfFile: shop.loginsFile, encoding: .utf8)
        let token = try #require(file.firstMatch(of: /"token" : "([^"]+)"/)?.1)
        let out = try await shop.headrace("logout")
        #expect(out.exit == 0 && out.stdout == "logged out\n" && out.stderr.isEmpty, "\(out.stderr)")
        #expect(try await shop.headrace("whoami").exit == 2)
        // It is ended at Contentstack, not only forgotten.
        let direct = try await shop.start(["attributes", "diff"], variables: ["HEADRACE_ACCESS_TOKEN": String(token)])
            .end()
        #expect(direct.exit == 2 && direct.stderr.contains("does not accept the token of HEADRACE_ACCESS_TOKEN"))
        for text in [output.stdout, output.stderr, who.stdout, out.stdout, direct.stderr] {
            #expect(!text.contains(token) && !text.contains("headrace-demo-secret"))
        }
    }

    /// With and without scripts: a person with a real browser.
    @Test(arguments: [true, false]) func aBrowserLeadsFromThePageToWhoami(runsScripts: Bool) async throws {
        let shop = try await LoginShop(.publicApp)
        let login = try shop.start(["login"])
        let address = try await shop.address(of: login)
        try await withBrowser(Browser.Setting(runsScripts: runsScripts)) { browser in
            try await browser.open(address)
            #expect(try await browser.text(of: "body").contains("personalize:manage"))
            try await browser.click("button[value=approve]")
            try await browser.wait(for: "Logged in. You can close this page")
        }
        #expect(await login.end().exit == 0)
        let who = try await shop.headrace("whoami")
        #expect(who.exit == 0 && who.stdout.hasPrefix("demo@example.com of Demo organization"))
    }

    /// The edge takes any project uid, so whoever is logged in is told what it stands for.
    @Test func theProjectIsNamed() async throws {
        let shop = try await LoginShop()
        let without = try await shop.headrace("doctor")
        #expect(!without.stdout.contains("login personalize"))
        try await shop.logIn()
        #expect(try await shop.headrace("attributes", "push", "--yes").exit == 0)
        let name = /project [^(]+ \(6400000000000000000000ab\) of Demo organization, region na/
        let checked = try await shop.headrace("check")
        #expect(checked.exit == 0 && checked.stdout.contains("[project_identity]"), "\(checked.stdout)")
        #expect(checked.stdout.firstMatch(of: name) != nil)
        let doctor = try await shop.headrace("doctor")
        #expect(doctor.stdout.contains("ok    login personalize: the login sees project"), "\(doctor.stdout)")
        let plan = try await shop.headrace("plan")
        #expect(plan.exit == 0 && plan.stdout.firstMatch(of: name) != nil, "\(plan.stdout)\(plan.stderr)")
        let json = try await shop.headrace("plan", "--output", "json").stdout
        #expect(json.contains(#""project":{"uid":"6400000000000000000000ab","name":""#))
    }

    @Test func decliningIsSaidInBothPlaces() async throws {
        let shop = try await LoginShop()
        let login = try shop.start(["login"])
        let page = try await LoginShop.get(try await shop.press("deny", on: try await shop.address(of: login)))
        #expect(page.status == 400 && page.body.contains("Not logged in: the login was declined in the browser."))
        let output = await login.end()
        #expect(output.exit == 2)
        #expect(output.stderr.contains("the login was declined in the browser [login_denied]"))
        #expect(!FileManager.default.fileExists(atPath: shop.loginsFile))
    }

    @Test func aScopeThatTheAppLacksIsNamed() async throws {
        let shop = try await LoginShop(switches: ["--app-scope", "personalize:read"])
        let login = try shop.start(["login"])
        let page = try await LoginShop.get(try await shop.address(of: login))
        #expect(page.status == 400 && page.body.contains("may not ask for what Headrace needs (invalid_scope)"))
        let output = await login.end()
        #expect(output.exit == 2 && output.stderr.contains("[login_denied]"))
        #expect(output.stderr.contains("give it the scopes personalize:read and personalize:manage"))
    }

    @Test func anAnswerToAnotherLoginIsNotUsed() async throws {
        let shop = try await LoginShop()
        let login = try shop.start(["login"])
        let back = try await shop.press("approve", on: try await shop.address(of: login))
        let forged = back.replacing(/state=[^&]*/, with: "state=other")
        let page = try await LoginShop.get(forged)
        #expect(page.status == 400 && page.body.contains("the answer to another login"))
        let output = await login.end()
        #expect(output.exit == 2 && output.stderr.contains("[login_state]"))
        #expect(!FileManager.default.fileExists(atPath: shop.loginsFile))
    }

    @Test func aCodeThatWasUsedIsRefused() async throws {
        let shop = try await LoginShop()
        let login = try shop.start(["login"])
        let address = try await shop.address(of: login)
        let back = try await shop.press("approve", on: address)
        let code = try #require(back.firstMatch(of: /code=([^&]*)/)?.1)
        // Somebody was faster.
        let thief = try RunningProcess(
            program: URL(filePath: "/usr/bin/curl"),
            [
                "-sS", "-o", "/dev/null", "\(shop.simulator.url)/apps-api/token", "-d",
                "grant_type=authorization_code&client_id=headrace-demo&client_secret=headrace-demo-secret&code=\(code)",
            ], in: shop.folder.url, environment: HeadraceProcess.environment())
        #expect(await thief.end().exit == 0)
        let page = try await LoginShop.get(back)
        #expect(page.status == 502 && page.body.contains("Not logged in: 127.0.0.1:"))
        let output = await login.end()
        #expect(output.exit == 2, "\(output.stderr)")
        #expect(output.stderr.contains("gives no token (invalid_grant)"))
        #expect(output.stderr.contains("a code is good once"))
    }

    @Test func withoutABrowserTheCodeIsPasted() async throws {
        let shop = try await LoginShop()
        // The page's address is only known once it is printed, so that the first attempt is pasted nonsense.
        let nonsense = try await shop.headrace("login", "--no-browser", input: "two words\n")
        #expect(nonsense.exit == 2 && nonsense.stderr.contains("holds no code"))
        let login = try shop.start(["login", "--no-browser"], keepsInputOpen: true)
        let line = try #require(login.line { $0.contains("response_type=code") })
        let back = try await shop.press("approve", on: line.trimmingCharacters(in: .whitespaces))
        try login.write(Data((back + "\n").utf8))
        login.closeInput()
        let output = await login.end()
        #expect(output.exit == 0, "\(output.stderr)")
        #expect(try await shop.headrace("whoami").exit == 0)
    }

    @Test func aSecondLoginOnTheSamePortSaysSo() async throws {
        let shop = try await LoginShop()
        let first = try shop.start(["login"])
        _ = try await shop.address(of: first)
        let second = try await shop.headrace("login")
        #expect(second.exit == 2 && second.stderr.contains("port \(shop.redirectPort): it is taken"))
        first.send(SIGTERM)
        #expect(await first.end().exit == 143)
    }

    @Test func passwordAndSecondFactorAreAskedForWithoutEcho() async throws {
        let shop = try await LoginShop(.authtoken, switches: ["--second-factor", "271828"])
        let login = try await shop.headraceAtATerminal(
            "login", answers: ["demo@example.com", "headrace-demo", "000000", "271828"])
        #expect(login.exit == 0, "\(login.stdout)")
        #expect(login.stdout.contains("E-mail: demo@example.com"))
        #expect(login.stdout.contains("does not accept that"))
        #expect(!login.stdout.contains("headrace-demo\r") && !login.stdout.contains("271828"))
        #expect(login.stdout.contains("logged in: demo@example.com of organization blt5e1f000000000001"))
        let who = try await shop.headrace("whoami")
        #expect(who.exit == 0 && who.stdout.contains("(authtoken), until it is ended"), "\(who.stdout)\(who.stderr)")
        #expect(try await shop.headrace("attributes", "diff").exit == 0)
        #expect(try await shop.headrace("logout").stderr.isEmpty)
        #expect(try await shop.headrace("attributes", "diff").stderr.contains("[not_logged_in]"))
    }

    /// What only its owner can replace is not thrown away for a server's bad hour.
    @Test func anOutageLosesNoLogin() async throws {
        let shop = try await LoginShop(.authtoken)
        #expect(
            try await shop.headraceAtATerminal("login", answers: ["demo@example.com", "headrace-demo"]).exit == 0)
        try await shop.simulator.setFaults(
            #"{"rules":[{"match":{"path":"/v3/user"},"effect":{"type":"status","status":503}}]}"#)
        let who = try await shop.headrace("whoami")
        #expect(who.exit == 0 && who.stdout.hasPrefix("demo@example.com"), "\(who.stdout)\(who.stderr)")
        try await shop.simulator.setFaults(#"{"rules":[{"effect":{"type":"status","status":401}}]}"#)
        #expect(try await shop.headrace("whoami").stderr.contains("[login_lost]"))
        try await shop.simulator.setFaults("{}")
        #expect(try await shop.headrace("whoami").exit == 0)
        #expect(try await shop.headrace("attributes", "diff").exit == 0)
    }

    /// Who may change the file may not have the login sent elsewhere.
    @Test func anotherHostHasNoLogin() async throws {
        let shop = try await LoginShop()
        try await shop.logIn()
        let file = shop.folder.url.appending(path: "headrace.yml")
        let text = try String(contentsOf: file, encoding: .utf8)
        for key in ["content_management_url", "developer_hub_url", "app_url"] {
            for (url, code) in [("http://127.0.0.1:9", "not_logged_in"), ("http://evil.example", "login_insecure")] {
                let changed = text.replacing("    management_url", with: "    \(key): \(url)\n    management_url")
                try changed.write(to: file, atomically: true, encoding: .utf8)
                let output = try await shop.headrace("attributes", "diff")
                #expect(output.exit == 2 && output.stderr.contains("[\(code)]"), "\(key): \(output.stderr)")
            }
        }
    }

    @Test func aPasswordLoginNeedsNoApp() async throws {
        let shop = try await LoginShop(.secretApp)
        let login = try await shop.headraceAtATerminal(
            "login", "--authtoken", answers: ["demo@example.com", "headrace-demo"])
        #expect(login.exit == 0, "\(login.stdout)")
        #expect(try await shop.headrace("whoami").stdout.contains("(authtoken)"))
        #expect(try await shop.headrace("logout").stderr.isEmpty)
    }

    @Test func aWrongPasswordIsNotTriedTwice() async throws {
        let shop = try await LoginShop(.authtoken)
        let login = try await shop.headraceAtATerminal("login", answers: ["demo@example.com", "wrong", "wrong again"])
        #expect(login.exit == 2 && login.stdout.contains("[login_refused]"), "\(login.stdout)")
        let pipe = try await shop.headrace("login", input: "demo@example.com\n")
        #expect(pipe.exit == 2 && pipe.stderr.contains("[login_terminal]"))
    }

    @Test func aPasswordThatIsBrokenOffLeavesTheTerminalAsItWas() async throws {
        let shop = try await LoginShop(.authtoken)
        let login = try await shop.headraceAtATerminal("login", answers: ["demo@example.com", "^C"])
        #expect(login.exit == 130, "\(login.stdout)")
        #expect(!login.stdout.contains("not shown any more"))
        #expect(!FileManager.default.fileExists(atPath: shop.loginsFile))
    }

    /// The access token ends after a second; the pair that comes instead is kept.
    @Test func aTokenThatEndsIsRenewed() async throws {
        let shop = try await LoginShop(switches: ["--access-token-seconds", "1"])
        try await shop.logIn()
        let before = try String(contentsOfFile: shop.loginsFile, encoding: .utf8)
        for _ in 1...3 { #expect(try await shop.headrace("attributes", "diff").exit == 0) }
        let after = try String(contentsOfFile: shop.loginsFile, encoding: .utf8)
        #expect(
            before.firstMatch(of: /"refresh_token" : "[^"]+"/)?.0
                != after.firstMatch(of: /"refresh_token" : "[^"]+"/)?.0)
    }

    @Test func aLoginThatIsRevokedIsOneClearError() async throws {
        let shop = try await LoginShop(switches: ["--access-token-seconds", "1"])
        try await shop.logIn()
        let stolen = try String(contentsOfFile: shop.loginsFile, encoding: .utf8)
        #expect(try await shop.headrace("attributes", "diff").exit == 0)
        // The refresh token of before is used up, which ends the login at Contentstack.
        try stolen.write(toFile: shop.loginsFile, atomically: false, encoding: .utf8)
        for _ in 1...2 {
            let output = try await shop.headrace("attributes", "diff")
            #expect(output.exit == 2)
            #expect(output.stderr.contains("the login is lost: 127.0.0.1:"), "\(output.stderr)")
            #expect(output.stderr.contains("invalid_grant"))
            #expect(output.stderr.contains("log in again: headrace login"))
        }
        // `check` goes on without it, and says so.
        let checked = try await shop.headrace("check")
        #expect(checked.exit == 0 && checked.stdout.contains("[login_lost]"))
        try await shop.logIn()
        #expect(try await shop.headrace("attributes", "diff").exit == 0)
    }

    @Test func whereContentstackIsAwayTheLogoutIsLocal() async throws {
        let shop = try await LoginShop()
        try await shop.logIn()
        try await shop.simulator.setFaults(#"{"rules":[{"effect":{"type":"status","status":503}}]}"#)
        let out = try await shop.headrace("logout")
        #expect(out.exit == 0 && out.stdout == "logged out\n")
        #expect(out.stderr.contains("[logout_unconfirmed]"))
        #expect(try await shop.headrace("whoami").exit == 2)
    }

    @Test func oauthWithoutAnAppIsExplained() async throws {
        let shop = try await DefinitionsShop { $0.authentication = "{method: oauth}" }
        let output = try await shop.shop.headrace("login")
        #expect(output.exit == 2 && output.stderr.contains("[oauth_app_missing]"))
    }
}
