import PersonalizeSimulator
import Testing

/// Nothing that a request brings becomes markup.
@Suite(.timeLimit(.minutes(1))) struct SimulatorPageTextTests {
    private static let hostile = #"<script>alert("1&'")</script>"#
    private static let harmless = "&lt;script&gt;alert(&quot;1&amp;&#39;&quot;)&lt;/script&gt;"
    private static let encoded = "%3Cscript%3Ealert%28%221%26%27%22%29%3C%2Fscript%3E"

    @Test func valuesOfRequestsAreTextOnEveryPage() async throws {
        let faults = #"{"rules":[{"name":"<script>fault","match":{"uid":"x"},"effect":{"type":"drop_before"}}]}"#
        try await withSimulator(faults: faults) { (client) async throws in
            let json = Self.hostile.replacing("\"", with: "\\\"")
            let key = try await client.create("/attributes", #"{"name":"\#(json)","key":"\#(json)"}"#)
            let audience = try await client.create(
                "/audiences",
                #"{"name":"\#(json)","description":"\#(json)","definition":"#
                    + Rules.all(Rules.custom(key, "STRING_EQUALS", #""\#(json)""#)) + "}")
            _ = try await client.patch(Self.hostile, #"{"\#(json)":"\#(json)"}"#)
            _ = try await client.patch("x", "{}")
            _ = try await client.send("GET", "/%3Cscript%3E'\"", ["x-project-uid": Self.hostile])
            _ = try await client.send("GET", "/<script>", ["x-project-uid": Self.hostile])
            for path in [
                "/", "/__simulator/page/requests", "/__simulator/page/requests?uid=\(Self.encoded)",
                "/__simulator/page/requests?path=\(Self.encoded)&status=\(Self.encoded)&project=\(Self.encoded)",
                "/__simulator/page/users?project=\(testProject)",
                "/__simulator/page/users?project=\(Self.encoded)&uid=\(Self.encoded)",
                "/__simulator/page/user?project=\(testProject)&uid=\(Self.encoded)",
                "/__simulator/page/user?project=\(Self.encoded)&uid=\(Self.encoded)",
                "/__simulator/page/audiences?project=\(testProject)",
                "/__simulator/page/audience?project=\(testProject)&uid=\(audience)",
                "/__simulator/page/\(Self.encoded)", "/__simulator/page/audience?project=p&uid=\(Self.encoded)",
            ] {
                let page = try await client.send("GET", path)
                let scripts = page.body.ranges(of: "<script").count
                #expect(scripts == 1 && page.body.contains("</html>"), "\(path): \(scripts) scripts")
                #expect(!page.body.contains("alert(\"1"), "\(path)")
            }
            let user = try await client.page("user?project=\(testProject)&uid=\(Self.encoded)").body
            #expect(user.contains("<h1>User \(Self.harmless)</h1>") && user.contains("<code>\(Self.harmless)</code>"))
            #expect(try await client.page("requests").body.contains("⚠ &lt;script&gt;fault"))
        }
    }

    @Test func linksCarryAnyUid() async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.patch("a&b=c #d/../%2F\"+é", #"{"a":1}"#)
            let users = try await client.page("users?project=\(testProject)").body
            let link = try #require(users.firstMatch(of: /href="(\/__simulator\/page\/user\?[^"]*)"/)).1
            let page = try await client.send("GET", String(link).replacing("&amp;", with: "&"))
            #expect(page.status == 200)
            #expect(page.body.contains("<h1>User a&amp;b=c #d/../%2F&quot;+é</h1>"))
        }
    }

    @Test func bodiesAreShownToTheFirstKibibyte() async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.patch("u1", #"{"a":"\#(String(repeating: "x", count: 3_000))"}"#)
            let page = try await client.page("requests").body
            let shown = try #require(page.firstMatch(of: /<pre>([^<]*)<\/pre>/)).1
            #expect(shown.count(where: { $0 == "x" }) == 1_024 - #"{"a":""#.utf8.count)
            #expect(shown.hasSuffix("… 3,008 bytes in all"))
        }
    }
}
