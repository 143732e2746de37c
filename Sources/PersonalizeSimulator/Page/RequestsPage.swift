/// The request log with filters. Its pages go on from a request and not from a place, since new ones come all the time.
struct RequestsPage {
    private static let limit = 50

    let state: SimulatorState
    let query: Query

    var answer: Answer {
        let before = query.integer("before")
        let found = state.log.newest(before: before, limit: Self.limit + 1, where: isWanted)
        let shown = Array(found.prefix(Self.limit))
        let table = RequestTable(
            caption: before == nil ? "The newest requests" : "Older requests", requests: shown,
            emptyText: isFiltered ? "No request in the log is like that." : "No request has come yet.")
        var links: [HTML] = []
        if before != nil { links.append("<a href=\"\(address)\">Newest</a>") }
        if found.count > shown.count, let last = shown.last {
            let older = address.asking("before", String(last.sequence))
            links.append("<a rel=\"next\" href=\"\(older)\">Older</a>")
        }
        let pager: HTML = links.isEmpty ? "" : "<nav class=\"pager\" aria-label=\"Pages of the log\">\(links)</nav>"
        return PageFrame(
            title: "Requests", project: project, current: isFilteredByMore ? nil : address,
            content: """
                \(form)
                \(.live("requests", "\(table.html)\(pager)"))
                """
        ).answer()
    }

    private var project: String? { filter("project") }

    private func filter(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }

    private var isFilteredByMore: Bool { ["uid", "status", "path"].contains { filter($0) != nil } }
    private var isFiltered: Bool { isFilteredByMore || project != nil }

    private var address: PageAddress {
        ["project", "uid", "status", "path"].reduce(PageAddress("requests")) { $0.asking($1, filter($1)) }
    }

    private var isWanted: (LoggedRequest) -> Bool {
        let (project, uid, status, path) = (project, filter("uid"), filter("status"), filter("path"))
        return { request in
            if let project, request.project != project { return false }
            if let status, request.status.map(String.init) ?? "none" != status { return false }
            if let uid {
                guard let own = request.uid, own == uid || Glob.matches(uid, own) else { return false }
            }
            if let path { return Glob.matches(path, request.path) }
            return true
        }
    }

    private var form: HTML {
        let chosen = filter("status") ?? ""
        var statuses = state.traffic.snapshot.byStatus.keys.sorted().map(String.init) + ["none"]
        if !chosen.isEmpty, !statuses.contains(chosen) { statuses.append(chosen) }
        let options = statuses.map { status -> HTML in
            let mark: HTML = status == chosen ? " selected" : ""
            return "<option value=\"\(status)\"\(mark)>\(status == "none" ? "no answer" : status)</option>"
        }
        let hidden: HTML = project.map { "<input type=\"hidden\" name=\"project\" value=\"\($0)\">" } ?? ""
        return """
            <form class="filters" action="\(PageAddress("requests"))">\(hidden)
            <label>User uid <input name="uid" value="\(filter("uid") ?? "")" autocomplete="off"></label>
            <label>Answer <select name="status"><option value="">any</option>\(options)</select></label>
            <label>Path <input name="path" value="\(filter("path") ?? "")" autocomplete="off"></label>
            <button>Filter</button><p class="hint"><code>*</code> and <code>?</code> stand for other characters.</p></form>
            """
    }
}
