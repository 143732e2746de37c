/// The audiences of a project, and how many users each has.
struct AudiencesPage {
    let state: SimulatorState
    let project: String

    var answer: Answer {
        get async {
            let audiences = state.audiences.all(of: project)
            var counts = audiences.map { _ in 0 }
            await AudienceCensus(state: state, project: project).take(audiences.map(\.definition.root)) { _, answers in
                for (place, isMember) in answers.enumerated() where isMember { counts[place] += 1 }
            }
            let words = state.ruleWords(in: project)
            let rows = zip(audiences, counts).map { audience, count in
                let address = PageAddress("audience", ["project": project, "uid": audience.uid])
                return PageTable.Row(
                    id: "audience-\(audience.uid)",
                    cells: [
                        "<a href=\"\(address)\">\(audience.name)</a>", "\(count)",
                        words.html(audience.definition.root), "\(audience.description)",
                    ])
            }
            let table = PageTable(
                caption: "Audiences, and who is in them as a request without headers would find now",
                columns: ["Audience", .number("Users in it"), "Rules", "Description"], rows: rows,
                emptyText: "This project has no audiences.")
            return PageFrame(
                title: "Audiences", project: project, current: PageAddress("audiences", ["project": project]),
                content: .live("audiences", table.html)
            ).answer()
        }
    }
}

/// One audience: its rules, and who is in it.
struct AudiencePage {
    private static let limit = 100

    let state: SimulatorState
    let project: String
    let query: Query

    var answer: Answer {
        get async {
            guard let audience = state.audiences.all(of: project).first(where: { $0.uid == query["uid"] }) else {
                return PageFrame(
                    title: "There is no such audience", project: project,
                    content: "<p>It was deleted, or it never was.</p>"
                ).answer(status: 404)
            }
            var members: [String] = []
            await AudienceCensus(state: state, project: project).take([audience.definition.root]) { uid, answers in
                if answers[0] { members.append(uid) }
            }
            let pager = Pager(
                count: members.count, offset: query.integer("offset"), limit: Self.limit,
                address: PageAddress("audience", ["project": project, "uid": audience.uid]))
            return PageFrame(
                title: "Audience \(audience.name)", project: project,
                content: """
                    <h2>Rules</h2>
                    \(.live("rules", state.ruleWords(in: project).html(audience.definition.root)))
                    <h2>Users in it now</h2>
                    \(.live("members", "\(list(members[pager.places], of: members.count))\(pager.html)"))
                    """
            ).answer()
        }
    }

    private func list(_ members: ArraySlice<String>, of count: Int) -> HTML {
        let items = members.map { uid -> HTML in
            let address = PageAddress("user", ["project": project, "uid": uid])
            return "<li><a href=\"\(address)\"><code>\(uid)</code></a></li>"
        }
        guard count > 0 else { return "<p class=\"empty\">Nobody is in it.</p>" }
        return "<p>\(.counted(count, "user"))</p><ul class=\"uids\">\(items)</ul>"
    }
}
