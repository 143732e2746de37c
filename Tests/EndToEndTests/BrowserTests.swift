import Foundation
import TestKit
import Testing

/// What a person's browser does with the consent page; the support for it is thereby tested too.
@Suite(.timeLimit(.minutes(2))) struct BrowserTests {
    @Test(arguments: [true, false]) func theConsentPageLeadsBackToTheApp(runsScripts: Bool) async throws {
        let simulator = try SimulatorProcess(in: try ScratchFolder())
        try await withBrowser(Browser.Setting(runsScripts: runsScripts)) { browser in
            let back = simulator.url + "/callback"
            let query = "response_type=code&client_id=headrace-demo&scope=personalize:read&redirect_uri=\(back)"
            try await browser.open(simulator.url + "/?" + query)
            #expect(try await browser.text(of: "h1").hasPrefix("Authorize"))
            try await browser.click("button[value=deny]")
            try await browser.wait(for: "Cannot GET /callback")
            #expect(try await browser.address.hasPrefix(back + "?error=access_denied"))
        }
        await simulator.end()
    }

    @Test func saysWhatWentWrong() async throws {
        try await withBrowser { browser in
            await #expect { try await browser.open("http://127.0.0.1:1/") } throws: {
                "\($0)".contains("http://127.0.0.1:1/")
            }
            await #expect { try await browser.evaluate("nothing.here", as: Int.self) } throws: {
                "\($0)".contains("ReferenceError")
            }
        }
    }

    @Test func typesAndTakesPictures() async throws {
        try await withBrowser(Browser.Setting(width: 390, height: 844, prefersDark: true, isPhone: true)) { browser in
            try await browser.open("data:text/html;charset=utf-8,<input value=old><p>%E2%82%AC</p>")
            try await browser.type("new & <b>", into: "input")
            #expect(try await browser.evaluate("document.querySelector('input').value") == "new & <b>")
            #expect(try await browser.text(of: "p") == "€")
            #expect(try await browser.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))
            #expect(try await browser.screenshot().starts(with: [0x89, 0x50, 0x4E, 0x47]))
        }
    }
}
