import Foundation
import FoundationNetworking
import TestKit
import Testing

/// The simulator's pages in a real browser.
@Suite(.timeLimit(.minutes(2))) struct SimulatorPageTests {
    private let simulator: SimulatorProcess

    init() throws { simulator = try SimulatorProcess(in: try ScratchFolder()) }

    private func patch(_ uid: String, _ body: String) async throws {
        var request = URLRequest(url: try #require(URL(string: simulator.url + "/user-attributes")))
        request.httpMethod = "PATCH"
        request.allHTTPHeaderFields = [
            "x-project-uid": SimulatorProcess.projectUID, "x-cs-personalize-user-uid": uid,
        ]
        request.httpBody = Data(body.utf8)
        let (_, response) = try await URLSession.shared.data(for: request)
        #expect((response as? HTTPURLResponse)?.statusCode == 204)
    }

    private func page(_ name: String, _ query: String = "") -> String {
        "\(simulator.url)/__simulator/page/\(name)?project=\(SimulatorProcess.projectUID)\(query)"
    }

    @Test func aWriteAppearsWithoutAReload() async throws {
        try await withBrowser { browser in
            try await browser.open(page("user", "&uid=u1"))
            #expect(try await browser.text(of: "#attributes") == "This user was never written.")
            try await browser.wait(for: "Live", in: "#live")
            #expect(try await browser.evaluate("window.stays = true"))
            try await patch("u1", #"{"tier":"gold"}"#)
            try await browser.wait(for: "\"gold\"", in: "#attributes td")
            try await browser.wait(for: "PATCH /user-attributes", in: "#requests td")
            try await patch("u1", #"{"tier":"silver"}"#)
            try await browser.wait(for: "\"silver\"", in: "#attributes td")
            #expect(try await browser.evaluate("window.stays"))
        }
    }

    @Test func theOverviewCountsAlong() async throws {
        try await withBrowser { browser in
            try await browser.open(simulator.url)
            try await browser.wait(for: "Live", in: "#live")
            for number in 1...3 { try await patch("u\(number)", #"{"a":1}"#) }
            try await browser.wait(
                until: "document.querySelector('#figures dd').textContent === '3' "
                    + "&& document.querySelectorAll('#latest tbody tr').length === 3")
            try await browser.click("#projects a")
            try await browser.wait(for: "u3", in: "#users a")
        }
    }

    @Test func withoutScriptsAReloadShowsIt() async throws {
        try await withBrowser(Browser.Setting(runsScripts: false)) { browser in
            try await patch("u1", #"{"a":1}"#)
            try await browser.open(page("users"))
            #expect(try await browser.text(of: "#live") == "Reload to see what is new")
            #expect(try await browser.text(of: "#users caption") == "1 user")
            try await patch("u2", #"{"a":2}"#)
            try await browser.reload()
            #expect(try await browser.text(of: "#users caption") == "2 users")
            try await browser.type("u2", into: "input[name=uid]")
            try await browser.click("form button")
            try await browser.wait(for: "1 user found", in: "caption")
            try await browser.click("#users a")
            #expect(try await browser.text(of: "h1") == "User u2")
        }
    }

    @Test func whatAPersonDoesSurvivesAnUpdate() async throws {
        let long = String(repeating: "x", count: 200)
        try await patch("u1", #"{"a":"\#(long)"}"#)
        try await withBrowser(Browser.Setting(width: 390, height: 844, isPhone: true)) { browser in
            try await browser.open(page("requests"))
            try await browser.wait(for: "Live", in: "#live")
            try await browser.click("summary")
            try await browser.wait(until: "document.querySelector('details').open")
            try await browser.type("someone", into: "input[name=uid]")
            try await patch("u2", #"{"b":"\#(long)"}"#)
            try await browser.wait(until: "document.querySelectorAll('#requests details').length === 2")
            // The newest is the first; the one that was opened is the second.
            let open = "[...document.querySelectorAll('#requests details')].map(details => details.open)"
            #expect(try await browser.evaluate(open) == [false, true])
            #expect(try await browser.evaluate("document.querySelector('input[name=uid]').value") == "someone")
            #expect(try await browser.evaluate("document.documentElement.scrollWidth <= innerWidth"))
        }
    }

    @Test func noValueRuns() async throws {
        let attack = "<img src=x onerror=\\\"window.attacked=1\\\"><script>window.attacked=1</script>"
        try await withBrowser { browser in
            try await browser.open(page("user", "&uid=u1"))
            try await browser.wait(for: "Live", in: "#live")
            try await patch("u1", #"{"\#(attack)":"\#(attack)"}"#)
            try await browser.wait(for: "window.attacked=1", in: "#attributes td")
            #expect(try await browser.evaluate("document.querySelectorAll('main img, main script').length") == 0)
            #expect(try await browser.evaluate("typeof window.attacked") == "undefined")
            // Even markup that got into the page would not run.
            let inline = """
                (() => {
                    const script = document.createElement('script')
                    script.textContent = 'window.attacked = 1'
                    document.body.append(script)
                    return typeof window.attacked
                })()
                """
            #expect(try await browser.evaluate(inline) == "undefined")
        }
    }

    @Test func theListenerOfAClosedPageGoes() async throws {
        try await withBrowser { browser in
            for _ in 1...20 {
                try await browser.open(page("users"))
                try await browser.wait(for: "Live", in: "#live")
            }
        }
    }
}
