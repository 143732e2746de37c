import PersonalizeSimulator
import Testing

/// Paging, searching and filters.
@Suite(.timeLimit(.minutes(1))) struct SimulatorPageListTests {
    private static func uids(of page: RawReply) -> [String] {
        page.body.matches(of: /uid=[^"]*"><code>([^<]*)<\/code>/).map { String($0.1) }
    }

    private static func link(_ relation: String, of page: RawReply) -> String? {
        page.body.firstMatch(of: try! Regex(#"<a rel="\#(relation)" href="([^"]*)""#, as: (Substring, Substring).self))
            .map { String($0.1).replacing("&amp;", with: "&") }
    }

    private static func fill(_ client: SimulatorClient, _ count: Int) async throws {
        for number in (1...count).shuffled() {
            _ = try await client.patch("user-\(String(1_000 + number).dropFirst())", #"{"n":\#(number)}"#)
        }
    }

    @Test func usersComeInOrderFiftyAPage() async throws {
        try await withSimulator { (client) async throws in
            try await Self.fill(client, 120)
            var page = try await client.page("users?project=\(testProject)")
            var seen = Self.uids(of: page)
            #expect(seen.count == 50 && page.body.contains("1 to 50 of 120"))
            #expect(Self.link("prev", of: page) == nil)
            while let next = Self.link("next", of: page) {
                page = try await client.send("GET", next)
                seen += Self.uids(of: page)
            }
            #expect(seen == (1...120).map { "user-\(String(1_000 + $0).dropFirst())" })
            #expect(Self.link("prev", of: page) == "/__simulator/page/users?project=\(testProject)&offset=50")
            let beyond = try await client.page("users?project=\(testProject)&offset=\(Int.max)")
            #expect(beyond.status == 200 && Self.uids(of: beyond).isEmpty)
            let log = try await client.page("requests?before=\(Int.max)")
            #expect(log.status == 200 && log.body.contains("id=\"request-120\""))
        }
    }

    @Test func theOrderHoldsWhenUsersComeLaterAndAfterAReset() async throws {
        try await withSimulator { (client) async throws in
            for (uid, seen) in [("m", "m"), ("z", "m z"), ("a", "a m z"), ("n", "a m n z")] {
                _ = try await client.patch(uid, "{}")
                let page = try await client.page("users?project=\(testProject)")
                #expect(Self.uids(of: page).joined(separator: " ") == seen)
            }
            _ = try await client.patch("other", "{}", project: "6400000000000000000000cd")
            #expect(Self.uids(of: try await client.page("users?project=\(testProject)")).count == 4)
            _ = try await client.send("POST", "/__simulator/reset")
            _ = try await client.patch("b", "{}")
            #expect(Self.uids(of: try await client.page("users?project=\(testProject)")) == ["b"])
        }
    }

    @Test(arguments: [
        ("uid=er-01", ["user-010", "user-011"]), ("uid=user-01&match=start", ["user-010", "user-011"]),
        ("uid=er-01&match=start", []), ("uid=2", ["user-002"]), ("uid=USER", []), ("uid=%25", []),
    ])
    func usersAreFoundByPartsOfTheirUid(query: String, found: [String]) async throws {
        try await withSimulator { (client) async throws in
            try await Self.fill(client, 11)
            let page = try await client.page("users?project=\(testProject)&" + query)
            #expect(Self.uids(of: page) == found)
            #expect(page.body.contains("uid is like that.") == found.isEmpty)
        }
    }

    @Test func membersOfAnAudienceComeAHundredAPage() async throws {
        try await withSimulator { (client) async throws in
            let audience = try await client.createAudience("all", Rules.all())
            try await Self.fill(client, 130)
            let page = try await client.page("audience?project=\(testProject)&uid=\(audience)")
            #expect(Self.uids(of: page).count == 100 && page.body.contains("130 users"))
            let next = try await client.send("GET", try #require(Self.link("next", of: page)))
            #expect(Self.uids(of: next).count == 30)
        }
    }

    private static let faults =
        #"{"rules":[{"name":"lost","match":{"uid":"u-lost"},"effect":{"type":"reset_after"}}]}"#

    @Test(arguments: [
        ("", 4), ("?status=204", 1), ("?status=none", 1), ("?status=400", 1), ("?uid=u-ok", 1), ("?uid=u-*", 3),
        ("?uid=u-??", 1), ("?path=/manifest", 1), ("?path=*attributes", 3), ("?uid=u-ok&status=400", 0),
        ("?project=\(testProject)", 4), ("?project=6400000000000000000000cd", 0), ("?uid=&status=&path=", 4),
    ])
    func theLogIsFiltered(query: String, count: Int) async throws {
        try await withSimulator(faults: Self.faults) { (client) async throws in
            _ = try await client.patch("u-ok", #"{"a":1}"#)
            _ = try await client.patch("u-lost", #"{"a":1}"#)
            _ = try await client.patch("u-bad", "[]")
            _ = try await client.manifest(nil)
            let page = try await client.page("requests" + query)
            #expect(page.body.matches(of: /<tr role="row" id="request-/).count == count)
        }
    }

    @Test func theLogGoesOnFromARequestWhateverComesMeanwhile() async throws {
        var options = SimulatorOptions()
        options.loggedRequests = 120
        try await withSimulator(options) { (client) async throws in
            try await Self.fill(client, 150)
            var page = try await client.page("requests")
            var seen: [Int] = []
            while true {
                seen += page.body.matches(of: /id="request-([0-9]+)"/).compactMap { Int($0.1) }
                guard let next = Self.link("next", of: page) else { break }
                _ = try await client.patch("late", "{}")
                page = try await client.send("GET", next)
            }
            // Two came meanwhile, and the log dropped as many.
            #expect(seen == (33...150).reversed())
        }
    }
}
