import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorPageTests {
    private static let policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    @Test(arguments: [
        ("/", "text/html"), ("/__simulator/page/requests", "text/html"),
        ("/__simulator/page/users?project=\(testProject)", "text/html"),
        ("/__simulator/page/audiences?project=\(testProject)", "text/html"),
        ("/__simulator/page/style.css", "text/css"), ("/__simulator/page/live.js", "text/javascript"),
    ])
    func everyPageIsStrict(path: String, type: String) async throws {
        try await withSimulator { (client) async throws in
            let page = try await client.send("GET", path)
            #expect(page.status == 200)
            #expect(page.header("content-type") == type + "; charset=utf-8")
            #expect(page.header("content-security-policy") == Self.policy)
            #expect(page.header("x-content-type-options") == "nosniff")
            #expect(page.header("cache-control") == "no-store")
            #expect(page.header("access-control-allow-origin") == nil)
            if type == "text/html" {
                // Nothing inline that the policy would forbid.
                let script = #"<script src="/__simulator/page/live.js" defer></script>"#
                #expect(page.body.contains(script) && page.body.ranges(of: "<script").count == 1)
                #expect(!page.body.contains("<style") && !page.body.contains("style="))
                #expect(page.body.firstMatch(of: /\son[a-z]+=/) == nil)
                #expect(page.body.contains("<html lang=\"en\">") && page.body.contains("href=\"#content\""))
            }
        }
    }

    @Test func theOverviewCountsAndNamesTheProjects() async throws {
        let faults = #"{"rules":[{"name":"lost","match":{"uid":"lost"},"effect":{"type":"drop_after"}}]}"#
        try await withSimulator(faults: faults) { (client) async throws in
            for uid in ["u1", "u2", "lost"] { _ = try await client.patch(uid, #"{"a":1}"#) }
            _ = try await client.patch("u1", "no JSON")
            let page = try await client.send("GET", "/").body
            let figures = ["Requests": 4, "Applied": 3, "Without an answer": 1, "Users": 3, "Projects": 1]
            for (name, number) in figures {
                #expect(page.contains("<div><dt>\(name)</dt><dd>\(number)</dd></div>"), "\(name)")
            }
            #expect(page.contains(#"href="/__simulator/page/users?project=\#(testProject)"><code>\#(testProject)"#))
            #expect(page.contains("<b>204</b> No Content") && page.contains("<b>400</b> Bad Request"))
            #expect(page.contains("no answer") && page.contains("lost"))
        }
    }

    @Test func aUsersPageHasAttributesAudiencesAndRequests() async throws {
        try await withSimulator { (client) async throws in
            let tier = try await client.createAttribute("tier")
            _ = try await client.createAudience(
                "Gold", Rules.all(Rules.custom(tier, "STRING_EQUALS", #""gold""#)))
            _ = try await client.createAudience(
                "Not gold", Rules.all(Rules.custom(tier, "STRING_EQUALS", #""gold""#, inverted: true)))
            _ = try await client.patch("u 1", #"{"tier":"gold","points":1.50}"#)
            _ = try await client.patch("u 1", #"{"tier":"gold"}"#)
            let page = try await client.page("user?project=\(testProject)&uid=u%201")
            #expect(page.status == 200)
            #expect(page.body.contains("<h1>User u 1</h1>") && page.body.contains("Written 2 times."))
            #expect(page.body.contains(#"<code class="value">&quot;gold&quot;</code>"#))
            #expect(page.body.contains(#"<code class="value">1.50</code>"#))
            let rows = page.body.split(separator: "<tr role=\"row\">")
            let gold = try #require(rows.first { $0.contains(">Gold</a>") })
            #expect(gold.contains("✓ yes") && gold.contains("<code>tier</code> is <code>&quot;gold&quot;</code>"))
            let other = try #require(rows.first { $0.contains(">Not gold</a>") })
            #expect(other.contains("✗ no") && other.contains("is not <code>&quot;gold&quot;</code>, or has no value"))
            #expect(page.body.matches(of: /<b>PATCH<\/b> \/user-attributes/).count == 2)
        }
    }

    @Test func aUserWhoWasNeverWrittenHasThePageThatShowsThemLater() async throws {
        try await withSimulator { (client) async throws in
            let page = try await client.page("user?project=\(testProject)&uid=nobody")
            #expect(page.status == 404)
            #expect(page.body.contains("This user was never written."))
            #expect(page.body.contains("<section id=\"attributes\" data-live>"))
        }
    }

    @Test func theAudiencesPageSaysTheRulesInWordsAndWhoIsInThem() async throws {
        try await withSimulator { (client) async throws in
            let points = try await client.createAttribute("points")
            let rule = Rules.any(
                Rules.custom(points, "NUMBER_GREATER_THAN", "10"),
                Rules.all(
                    Rules.preset("DEVICE_TYPE", "STRING_EQUALS", #""MOBILE""#),
                    Rules.custom(points, "HAS_ANY_VALUE", inverted: true)))
            let audience = try await client.createAudience("Many", rule)
            _ = try await client.createAudience("All", Rules.all())
            for (uid, value) in [("a", 5), ("b", 11), ("c", 12)] {
                _ = try await client.patch(uid, #"{"points":\#(value)}"#)
            }
            let page = try await client.page("audiences?project=\(testProject)").body
            let row = try #require(page.split(separator: "<tr ").first { $0.contains(">Many</a>") })
            #expect(row.contains(#"data-label="Users in it" class="number">2</td>"#))
            #expect(row.contains("Any of these:<ul><li><code>points</code> is greater than <code>10</code></li>"))
            #expect(row.contains("All of these:<ul><li><span class=\"preset\">Device type</span> is "))
            #expect(row.contains("<code>points</code> has no value"))
            #expect(page.contains("Everyone"))
            let members = try await client.page("audience?project=\(testProject)&uid=\(audience)").body
            #expect(members.contains("<code>b</code>") && members.contains("<code>c</code>"))
            #expect(!members.contains("<code>a</code>"))
            #expect(try await client.page("audience?project=\(testProject)&uid=gone").status == 404)
        }
    }

    @Test func looksAtAreNoRequestsToContentstack() async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.send("GET", "/")
            _ = try await client.page("requests")
            _ = try await client.page("nothing")
            #expect(try await client.stats().contains(#""requests":0"#))
        }
    }
}
