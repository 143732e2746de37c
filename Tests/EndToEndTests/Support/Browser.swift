import Foundation
import TestKit

/// One page in a headless Chromium, as a person has it before them. Only `withBrowser` makes one.
final class Browser: Sendable {
    private let tools: DevTools
    private let folder: ScratchFolder
    private let place: Places.Place
    /// What addresses the page among all that the tools can talk to.
    private let session: String

    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// How the browser is set up.
    struct Setting: Sendable {
        var width = 1280
        var height = 800
        var runsScripts = true
        var prefersDark = false
        /// A touch screen whose width is the page's.
        var isPhone = false
    }

    fileprivate init(_ setting: Setting) async throws {
        place = await Places.browsers.take()
        folder = try ScratchFolder("headrace-browser")
        tools = try DevTools(in: folder)
        struct Target: Decodable { var targetId: String }
        struct Session: Decodable { var sessionId: String }
        let target: Target = try await tools.send("Target.createTarget", ["url": "about:blank"])
        let attached: Session = try await tools.send(
            "Target.attachToTarget", ["targetId": target.targetId, "flatten": true])
        session = attached.sessionId
        try await command("Page.enable")
        try await command("Runtime.enable")
        try await command(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": setting.width, "height": setting.height, "deviceScaleFactor": 1, "mobile": setting.isPhone,
            ])
        if !setting.runsScripts { try await command("Emulation.setScriptExecutionDisabled", ["value": true]) }
        let scheme = ["name": "prefers-color-scheme", "value": setting.prefersDark ? "dark" : "light"]
        try await command("Emulation.setEmulatedMedia", ["features": [scheme]])
    }

    fileprivate func end() async { await tools.end() }

    /// Opens an address and returns once the page with all its parts is there.
    func open(_ address: String) async throws {
        struct Navigation: Decodable { var errorText: String? }
        let navigation: Navigation = try await tools.send("Page.navigate", ["url": address], session: session)
        if let reason = navigation.errorText { throw Problem(description: "\(address): \(reason)") }
        try await wait(until: "document.readyState === 'complete' && location.href !== 'about:blank'")
    }

    func reload() async throws {
        // What marks the old page is gone with it.
        try await wait(until: "window.headraceReloads = true")
        try await command("Page.reload")
        try await wait(until: "!window.headraceReloads && document.readyState === 'complete'")
    }

    /// The value of a JavaScript expression, also in a page whose own scripts do not run; a promise is waited for.
    func evaluate<Value: Decodable & Sendable>(_ script: String, as: Value.Type = Value.self) async throws -> Value {
        let evaluation: Evaluation<Value> = try await tools.send(
            "Runtime.evaluate", ["expression": script, "returnByValue": true, "awaitPromise": true], session: session)
        if let problem = evaluation.exceptionDetails {
            throw Problem(description: "\(script): \(problem.exception?.description ?? problem.text)")
        }
        guard let value = evaluation.result.value else { throw Problem(description: "\(script) has no value") }
        return value
    }

    /// Asks again and again until the expression is true; a page that is just changing is asked again too.
    func wait(until expression: String, within seconds: Double = 20) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while (try? await evaluate("Boolean(\(expression))", as: Bool.self)) != true {
            guard ContinuousClock.now < deadline else {
                let shown = "location.href + '\\n' + document.body.innerText"
                let page = (try? await evaluate(shown, as: String.self)) ?? ""
                throw Problem(description: "not within \(seconds) s: \(expression)\n\(page)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Waits until an element that the selector names shows the text.
    func wait(for text: String, in selector: String = "body", within seconds: Double = 20) async throws {
        let elements = "[...document.querySelectorAll(\(Self.literal(selector)))]"
        try await wait(
            until: "\(elements).some(element => element.innerText.includes(\(Self.literal(text))))", within: seconds)
    }

    /// What the first such element shows; waits for it to be there.
    func text(of selector: String) async throws -> String {
        try await wait(until: Self.element(selector))
        return try await evaluate("\(Self.element(selector)).innerText")
    }

    /// The address that the page has now.
    var address: String { get async throws { try await evaluate("location.href") } }

    /// Presses the mouse on the middle of the first such element, once it is there and nothing hides it.
    func click(_ selector: String) async throws {
        struct Point: Decodable, Sendable { var x: Double, y: Double }
        let element = Self.element(selector)
        try await wait(until: element)
        try await evaluateOnly("\(element).scrollIntoView({block: 'center', behavior: 'instant'})")
        let middle = "(box => ({x: box.x + box.width / 2, y: box.y + box.height / 2}))"
        let point: Point = try await evaluate("\(middle)(\(element).getClientRects()[0])")
        let hit = "document.elementFromPoint(\(point.x), \(point.y))"
        guard try await evaluate("\(element).contains(\(hit)) || \(hit)?.contains(\(element)) === true") else {
            throw Problem(description: "\(selector) is hidden by something else")
        }
        for kind in ["mousePressed", "mouseReleased"] {
            try await command(
                "Input.dispatchMouseEvent",
                ["type": kind, "x": point.x, "y": point.y, "button": "left", "clickCount": 1])
        }
    }

    /// Puts text into a field in place of what stands there.
    func type(_ text: String, into selector: String) async throws {
        try await wait(until: Self.element(selector))
        try await evaluateOnly("(field => { field.focus(); field.select() })(\(Self.element(selector)))")
        try await command("Input.insertText", ["text": text])
    }

    /// A PNG of what the window shows, or of the whole page.
    func screenshot(ofWholePage: Bool = false) async throws -> Data {
        struct Picture: Decodable { var data: Data }
        let picture: Picture = try await tools.send(
            "Page.captureScreenshot", ["format": "png", "captureBeyondViewport": ofWholePage], session: session)
        return picture.data
    }

    private func evaluateOnly(_ script: String) async throws {
        _ = try await evaluate("(\(script), true)", as: Bool.self)
    }

    private func command(_ method: String, _ parameters: [String: any Sendable] = [:]) async throws {
        struct Nothing: Decodable {}
        let _: Nothing = try await tools.send(method, parameters, session: session)
    }

    private static func element(_ selector: String) -> String { "document.querySelector(\(literal(selector)))" }

    /// A text as JavaScript writes it.
    static func literal(_ text: String) -> String {
        let json = (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) }
        return json ?? "''"
    }
}

private struct Evaluation<Value: Decodable>: Decodable {
    struct Result: Decodable { var value: Value? }
    struct Exception: Decodable {
        struct Thrown: Decodable { var description: String? }
        var text: String
        var exception: Thrown?
    }
    var result: Result
    var exceptionDetails: Exception?
}

/// Runs a browser of its own for the length of the closure.
func withBrowser<Value: Sendable>(
    _ setting: Browser.Setting = Browser.Setting(), _ body: (Browser) async throws -> Value
) async throws -> Value {
    let browser = try await Browser(setting)
    do {
        let value = try await body(browser)
        await browser.end()
        return value
    } catch {
        await browser.end()
        throw error
    }
}

extension Places {
    /// A browser is several processes and eats a core while it starts.
    static let browsers = Places(2)
}
