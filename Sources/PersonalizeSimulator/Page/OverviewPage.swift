/// `/`: how much there is of everything, and what came last.
struct OverviewPage {
    private static let latestRequests = 10

    let state: SimulatorState

    var answer: Answer {
        let totals = state.traffic.snapshot
        let projects = state.shownProjects
        let latest = RequestTable(
            caption: "The latest requests", requests: state.log.newest(limit: Self.latestRequests),
            emptyText: "No request has come yet.")
        return PageFrame(
            title: "Overview", current: .overview,
            content: """
                \(.live("figures", figures(totals, projects)))
                \(.live("projects", projectTable(projects)))
                <div class="columns">\(.live("answers", answers(totals)))\(.live("faults", faults(totals)))\
                \(.live("events", events(totals)))</div>
                \(.live("latest", "\(latest.html)<p><a href=\"\(PageAddress("requests"))\">All requests</a></p>"))
                """
        ).answer()
    }

    private func figures(_ totals: Traffic.Totals, _ projects: [ShownProject]) -> HTML {
        let answered = totals.byStatus.values.reduce(0, +)
        let figures: [(String, Int)] = [
            ("Requests", answered + totals.unanswered), ("Applied", totals.applied),
            ("Without an answer", totals.unanswered), ("Users", projects.reduce(0) { $0 + $1.users }),
            ("Projects", projects.count), ("Most at once", totals.maximumInFlight),
            ("Most at once of one user", totals.maximumInFlightByUser),
        ]
        let items = figures.map { name, number -> HTML in "<div><dt>\(name)</dt><dd>\(number)</dd></div>" }
        return "<h2 class=\"hidden\">Figures</h2><dl class=\"figures\">\(items)</dl>"
    }

    private func projectTable(_ projects: [ShownProject]) -> HTML {
        PageTable(
            caption: "Projects",
            columns: ["Project", "Name", .number("Users"), .number("Audiences"), .number("Experiences")],
            rows: projects.map { project in
                let users = PageAddress("users", ["project": project.uid])
                let audiences = PageAddress("audiences", ["project": project.uid])
                return PageTable.Row(
                    id: nil,
                    cells: [
                        "<a href=\"\(users)\"><code>\(project.uid)</code></a>", "\(project.name)", "\(project.users)",
                        "<a href=\"\(audiences)\">\(project.audiences)</a>", "\(project.experiences)",
                    ])
            }, emptyText: "No project has been written to yet."
        ).html
    }

    private func answers(_ totals: Traffic.Totals) -> HTML {
        var counts: [(status: Int?, count: Int)] = totals.byStatus.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if totals.unanswered > 0 { counts.append((nil, totals.unanswered)) }
        return PageTable(
            caption: "Requests by answer", columns: ["Answer", .number("Requests")],
            rows: counts.map { status, count in
                let address = PageAddress("requests", ["status": status.map(String.init) ?? "none"])
                return PageTable.Row(
                    id: nil, cells: ["<a href=\"\(address)\">\(RequestTable.answer(status))</a>", "\(count)"])
            }, emptyText: "None yet.", style: "small"
        ).html
    }

    private func faults(_ totals: Traffic.Totals) -> HTML { table("Faults", "Rule", totals.byFault) }

    private func events(_ totals: Traffic.Totals) -> HTML { table("Events", "Type", totals.events) }

    private func table(_ caption: String, _ name: String, _ counts: [String: Int]) -> HTML {
        guard !counts.isEmpty else { return "" }
        return PageTable(
            caption: "\(caption)", columns: [.init(title: name), .number("Requests")],
            rows: counts.sorted { $0.key < $1.key }.map { .init(id: nil, cells: ["\($0.key)", "\($0.value)"]) },
            emptyText: "", style: "small"
        ).html
    }
}

/// A project with what it has.
struct ShownProject {
    var uid: String
    var name: String
    var users: Int
    var audiences: Int
    var experiences: Int
}

extension SimulatorState {
    /// Every project that somebody named, with or without users.
    var shownProjects: [ShownProject] {
        let counts = index.counts
        let named = Dictionary(projects.all.map { ($0.uid, $0.name) }) { $1 }
        let uids = Set(counts.keys).union(named.keys).union(audiences.projects).union(experiences.projects)
        return uids.sorted().map { uid in
            ShownProject(
                uid: uid, name: named[uid] ?? "", users: counts[uid] ?? 0, audiences: audiences.all(of: uid).count,
                experiences: experiences.all(of: uid).count)
        }
    }
}
