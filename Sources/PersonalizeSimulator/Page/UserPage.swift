/// One user: attributes, audiences, requests.
struct UserPage {
    private static let latestRequests = 25

    let state: SimulatorState
    let project: String
    let uid: String

    var answer: Answer {
        let user = state.users.user(uid: uid, project: project)?.1
        let requests = PageAddress("requests", ["project": project, "uid": uid])
        return PageFrame(
            title: "User \(uid)", project: project,
            content: """
                \(.live("attributes", attributes(of: user)))
                \(.live("audiences", audiences))
                \(.live("requests", "\(log)<p><a href=\"\(requests)\">All requests of this user</a></p>"))
                """
        ).answer(status: user == nil ? 404 : 200)
    }

    private func attributes(of user: StoredUser?) -> HTML {
        guard let user else { return "<p class=\"empty\">This user was never written.</p>" }
        let defined = state.definitions.keys(of: project)
        let table = PageTable(
            caption: "Attributes", columns: ["Attribute", "Value, as JSON", "Defined"],
            rows: user.attributes.sorted { $0.key < $1.key }.map { key, value in
                .init(
                    id: nil,
                    cells: [
                        "<code>\(key)</code>", "<code class=\"value\">\(value)</code>",
                        defined.contains(key) ? "yes" : "<span class=\"quiet\">no</span>",
                    ])
            }, emptyText: "This user has no attributes.", style: "small")
        return "<p>Written \(.counted(user.writes, "time")).</p>\(table.html)"
    }

    private var audiences: HTML {
        let visitor = state.visitor(of: UserKey(project: project, uid: uid), in: project)
        let words = state.ruleWords(in: project, for: visitor)
        let rows = state.audiences.all(of: project).map { audience in
            let address = PageAddress("audience", ["project": project, "uid": audience.uid])
            let isIn = audience.definition.root.takes(visitor)
            return PageTable.Row(
                id: nil,
                cells: [
                    "<a href=\"\(address)\">\(audience.name)</a>",
                    isIn ? "<span class=\"mark good\">✓ yes</span>" : "<span class=\"mark\">✗ no</span>",
                    words.html(audience.definition.root),
                ])
        }
        return PageTable(
            caption: "Audiences, as a request without headers would find now",
            columns: ["Audience", "In it", "Rules"], rows: rows, emptyText: "This project has no audiences."
        ).html
    }

    private var log: HTML {
        RequestTable(
            caption: "The user's latest requests",
            requests: state.log.newest(limit: Self.latestRequests) { $0.uid == uid && $0.project == project },
            emptyText: "The log has no request of this user."
        ).html
    }
}
