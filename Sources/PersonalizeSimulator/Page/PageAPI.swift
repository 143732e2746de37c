/// The pages for a person: what is stored and what was asked, as HTML. They work without scripts.
struct PageAPI {
    static let prefix = "/__simulator/page/"

    let state: SimulatorState

    /// Whether a request is for a page or its events and not for Contentstack. Asked for a code, `/` is the page that asks for consent.
    static func serves(_ exchange: Exchange) -> Bool {
        if exchange.path == "/" { return exchange.method == "GET" && Query(exchange.query)["response_type"] == nil }
        guard exchange.path.hasPrefix(AdminAPI.prefix) else { return false }
        return exchange.path.hasPrefix(prefix) || exchange.path == EventStream.path && exchange.method == "GET"
    }

    func answer(_ exchange: Exchange) async -> Answer {
        guard exchange.method == "GET" else {
            var answer = Answer(status: 405, headers: PageFrame.headers("text/plain; charset=utf-8"))
            answer.headers.append(("allow", "GET"))
            return answer
        }
        let query = Query(exchange.query, spaces: .plus)
        switch exchange.path.dropFirst(Self.prefix.count) {
        case _ where exchange.path == "/": return OverviewPage(state: state).answer
        case "requests": return RequestsPage(state: state, query: query).answer
        case "users": return inProject(query) { UsersPage(state: state, project: $0, query: query).answer }
        case "user": return inProject(query) { UserPage(state: state, project: $0, uid: query["uid"] ?? "").answer }
        case "audiences":
            return await inProject(query) { await AudiencesPage(state: state, project: $0).answer }
        case "audience":
            return await inProject(query) { await AudiencePage(state: state, project: $0, query: query).answer }
        case "style.css": return Self.file("text/css", PageStyle.text)
        case "live.js": return Self.file("text/javascript", PageScript.text)
        default: return Self.missing
        }
    }

    private func inProject(_ query: Query, _ answer: (String) async -> Answer) async -> Answer {
        guard let project = query["project"], !project.isEmpty else { return Self.missing }
        return await answer(project)
    }

    private func inProject(_ query: Query, _ answer: (String) -> Answer) -> Answer {
        guard let project = query["project"], !project.isEmpty else { return Self.missing }
        return answer(project)
    }

    private static let missing = PageFrame(
        title: "There is no such page",
        content: "<p>Go to the <a href=\"\(PageAddress.overview)\">overview</a>.</p>"
    ).answer(status: 404)

    private static func file(_ type: String, _ text: String) -> Answer {
        Answer(status: 200, headers: PageFrame.headers(type + "; charset=utf-8"), body: text)
    }

    /// The answer to a host that is not ours.
    static let misdirected = Answer(
        status: 421, headers: PageFrame.headers("text/plain; charset=utf-8"),
        body: "This simulator shows its pages as localhost, 127.0.0.1 and [::1] only.\n")
}

extension SimulatorState {
    /// Whether the Host of a request for a page is one of this machine. Somebody else's name that leads here would let
    /// their page read ours. Where the simulator listens for other machines, any name is good.
    func admits(host: String?) -> Bool {
        let own = options.host.lowercased()
        guard own == "localhost" || own == "::1" || own == "[::1]" || own.hasPrefix("127.") else { return true }
        guard let host = host?.lowercased() else { return false }
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        guard host.dropFirst(name.count).wholeMatch(of: /(:[0-9]*)?/) != nil else { return false }
        return ["localhost", "127.0.0.1", "[::1]", own].contains(String(name))
    }
}
