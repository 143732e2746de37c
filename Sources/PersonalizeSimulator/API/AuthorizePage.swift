/// The page that asks a person. It works without scripts.
enum AuthorizePage {
    /// Somebody in an organization, as which the app would act.
    struct Person {
        var account: SimulatorOptions.Account
        var organization: SimulatorOptions.Organization

        var id: String { "\(account.uid) \(organization.uid)" }
        var label: String { "\(account.email) in \(organization.name)" }
    }

    static func question(_ request: AuthorizationRequest, people: [Person]) -> Answer {
        var hidden = [("response_type", "code"), ("client_id", request.app.clientID)]
        hidden += [("redirect_uri", request.redirectURI), ("scope", request.scopes.joined(separator: " "))]
        if let state = request.state { hidden.append(("state", state)) }
        if let challenge = request.challengeText {
            hidden += [("code_challenge", challenge), ("code_challenge_method", "S256")]
        }
        let inputs = hidden.map { #"<input type="hidden" name="\#($0.0)" value="\#(escaped($0.1))">"# }.joined()
        let scopes = request.scopes.map { "<li><code>\(escaped($0))</code></li>" }.joined()
        return page(
            200, title: "Authorize \(request.app.name)",
            """
            <p><strong>\(escaped(request.app.name))</strong> asks to act for you in Contentstack Personalize:</p>
            <ul>\(scopes)</ul>
            <form method="post" action="/apps/\(escaped(request.app.uid))/authorize">\(inputs)
            \(choice(of: people))
            <p><button name="decision" value="approve">Approve</button>
            <button name="decision" value="deny">Deny</button></p>
            </form>
            """)
    }

    static func refusal(_ reason: String) -> Answer {
        page(400, title: "This request cannot be authorized", "<p>\(escaped(reason))</p>")
    }

    private static func choice(of people: [Person]) -> String {
        if people.count == 1, let only = people.first {
            return """
                <p>Signed in as <strong>\(escaped(only.label))</strong>.</p>
                <input type="hidden" name="person" value="\(escaped(only.id))">
                """
        }
        let options = people.map { #"<option value="\#(escaped($0.id))">\#(escaped($0.label))</option>"# }.joined()
        return #"<p><label>Act as <select name="person">\#(options)</select></label></p>"#
    }

    private static func page(_ status: Int, title: String, _ content: String) -> Answer {
        let style = "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}"
        return Answer(
            status: status,
            headers: [
                ("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"),
                ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
                ("referrer-policy", "no-referrer"),
            ],
            body: """
                <!doctype html><html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title>
                <meta name="viewport" content="width=device-width"><style>\(style)</style></head>
                <body><h1>\(escaped(title))</h1>
                \(content)
                <p><small>This is the Headrace simulator, not Contentstack.</small></p></body></html>
                """)
    }

    private static func escaped(_ text: String) -> String { HTML.escaped(text) }
}
