/// The users of a project, in the order of their uids.
struct UsersPage {
    private static let limit = 50
    private static let shownAttributes = 6

    let state: SimulatorState
    let project: String
    let query: Query

    var answer: Answer {
        let (text, isStart) = (query["uid"] ?? "", query["match"] == "start")
        let address = PageAddress("users", ["project": project])
        let uids =
            text.isEmpty
            ? state.index.uids(of: project) : state.index.uids(of: project, isStart ? .start(text) : .part(text))
        let pager = Pager(
            count: uids.count, offset: query.integer("offset"), limit: Self.limit,
            address: address.asking("uid", text).asking("match", isStart ? "start" : nil))
        let list = table(Array(uids[pager.places]), of: uids.count, isSearch: !text.isEmpty)
        return PageFrame(
            title: "Users", project: project, current: address,
            content: """
                \(form(text, isStart: isStart))
                \(.live("users", "\(list)\(pager.html)"))
                """
        ).answer()
    }

    private func form(_ text: String, isStart: Bool) -> HTML {
        let (part, start): (HTML, HTML) = isStart ? ("", " selected") : (" selected", "")
        return """
            <form class="filters" action="\(PageAddress("users"))"><input type="hidden" name="project" value="\(project)">
            <label>User uid <input type="search" name="uid" value="\(text)" autocomplete="off"></label>
            <label>Find it <select name="match"><option value="part"\(part)>anywhere in the uid</option>\
            <option value="start"\(start)>at the start of the uid</option></select></label>
            <button>Search</button></form>
            """
    }

    private func table(_ uids: [String], of count: Int, isSearch: Bool) -> HTML {
        let users = state.users.users(uids.map { UserKey(project: project, uid: $0) })
        let rows = zip(uids, users).map { uid, user in
            let address = PageAddress("user", ["project": project, "uid": uid])
            return PageTable.Row(
                id: nil,
                cells: [
                    "<a href=\"\(address)\"><code>\(uid)</code></a>", "\(user?.writes ?? 0)",
                    "\(user?.attributes.count ?? 0)", Self.summary(user?.attributes ?? [:]),
                ])
        }
        let found: HTML = isSearch ? " found" : ""
        return PageTable(
            caption: "\(.counted(count, "user"))\(found)",
            columns: ["User", .number("Writes"), .number("Attributes"), "Values"], rows: rows,
            emptyText: isSearch ? "No user's uid is like that." : "No user of this project was written yet."
        ).html
    }

    private static func summary(_ attributes: [String: String]) -> HTML {
        let shown = attributes.sorted { $0.key < $1.key }.prefix(shownAttributes).map { key, value -> HTML in
            let value = value.count > 40 ? value.prefix(40) + "…" : value
            return "<span class=\"pair\"><code>\(key)</code> <code class=\"value\">\(value)</code></span> "
        }
        let rest: HTML = attributes.count > shownAttributes ? "and \(attributes.count - shownAttributes) more" : ""
        return "<div>\(shown)\(rest)</div>"
    }
}
