import Foundation
import Testing

/// The forms of an OAuth client of the standard app.
enum OAuthForm {
    static let redirectURI = "http://localhost:8765/callback"
    static let authorize = [
        "response_type": "code", "client_id": "headrace-demo", "redirect_uri": redirectURI,
        "scope": "personalize:read personalize:manage", "state": "s t&te",
    ]

    static func code(_ code: String) -> [String: String] {
        [
            "grant_type": "authorization_code", "client_id": "headrace-demo", "client_secret": "headrace-demo-secret",
            "redirect_uri": redirectURI, "code": code,
        ]
    }

    static func refresh(_ token: String) -> [String: String] {
        [
            "grant_type": "refresh_token", "client_id": "headrace-demo", "client_secret": "headrace-demo-secret",
            "redirect_uri": redirectURI, "refresh_token": token,
        ]
    }

    static func text(_ fields: [String: String]) -> String {
        fields.map { "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
            .joined(separator: "&")
    }
}

extension SimulatorClient {
    /// Opens the page, presses its button and returns the code that comes back.
    func approve(
        app: String = "6500000000000000000000aa", _ changes: [String: String] = [:], scope: String? = nil
    ) async throws -> String {
        var query = OAuthForm.authorize.merging(changes) { $1 }
        query["scope"] = scope ?? query["scope"]
        let page = try await send("GET", "/apps/\(app)/authorize?" + OAuthForm.text(query))
        let reply = try await press("approve", on: page)
        let address = try #require(reply.header("location"), "\(reply.text)")
        return String(try #require(address.firstMatch(of: /[?&]code=([^&]+)/), "\(address)").1)
    }

    /// Submits the form of a page as a browser without scripts would.
    func press(_ decision: String, on page: RawReply) async throws -> RawReply {
        try #require(page.status == 200, "\(page.text)")
        let action = String(try #require(page.body.firstMatch(of: /<form method="post" action="([^"]*)"/)).1)
        var form = ["decision": decision]
        for field in page.body.matches(of: /<input type="hidden" name="([^"]*)" value="([^"]*)">/) {
            form[String(field.1)] = String(field.2).replacing("&amp;", with: "&")
        }
        return try await send(
            "POST", action, ["content-type": "application/x-www-form-urlencoded"], body: OAuthForm.text(form))
    }

    func token(_ form: [String: String], path: String = "/apps-api/token") async throws -> RawReply {
        try await send(
            "POST", path, ["content-type": "application/x-www-form-urlencoded"], body: OAuthForm.text(form))
    }

    func read(_ token: String) async throws -> RawReply {
        try await send("GET", "/attributes", ["authorization": "Bearer \(token)", "x-project-uid": testProject])
    }

    func write(_ token: String) async throws -> RawReply {
        try await send(
            "POST", "/attributes", ["authorization": "Bearer \(token)", "x-project-uid": testProject],
            body: #"{"name":"written","key":"written"}"#)
    }
}

extension RawReply {
    /// A text of a JSON answer.
    func member(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let start = try #require(
            body.firstRange(of: #""\#(name)":""#)?.upperBound, "\(body)", sourceLocation: sourceLocation)
        return String(body[start...].prefix { $0 != "\"" })
    }
}
