import Foundation

/// What Contentstack does not have: reading back what was written, the request log, and changing the faults.
struct AdminAPI {
    static let prefix = "/__simulator/"

    let state: SimulatorState

    func answer(_ exchange: Exchange) -> Answer {
        let path = exchange.path.dropFirst(Self.prefix.count)
        let query = Query(exchange.query)
        switch (exchange.method, path) {
        case ("GET", "users"): return users(query)
        case ("GET", _) where path.hasPrefix("users/"): return user(String(path.dropFirst(6)), query)
        case ("GET", "requests"): return requests(query)
        case ("GET", "audiences"): return audiences(query)
        case ("GET", "stats"): return .json(200, stats)
        case ("POST", "reset"):
            reset()
            state.changes.note()
            return Answer(status: 204)
        case ("PUT", "faults"):
            do {
                state.faults.replace(with: try FaultRules(json: exchange.body))
                return Answer(status: 204)
            } catch {
                return .error(400, field: "faults", code: error.description)
            }
        default: return .error(404, field: "path", code: "Cannot \(exchange.method) \(exchange.path)")
        }
    }

    private func users(_ query: Query) -> Answer {
        let offset = query.integer("offset") ?? 0
        let page = state.users.page(project: query["project"], offset: offset, limit: query.integer("limit") ?? 100)
        return .json(
            200,
            JSONText.object([
                ("count", String(page.count)), ("offset", String(offset)),
                ("users", JSONText.array(page.users.map { $0.1.json($0.0) })),
            ]))
    }

    private func user(_ encoded: String, _ query: Query) -> Answer {
        guard let uid = encoded.removingPercentEncoding,
            let (key, user) = state.users.user(uid: uid, project: query["project"])
        else { return .error(404, field: "uid", code: "no such user was written") }
        return .json(200, user.json(key))
    }

    private func requests(_ query: Query) -> Answer {
        let uid = query["uid"]
        let status = query["status"]
        let chosen = state.log.entries.filter { entry in
            (uid == nil || entry.uid == uid) && (status == nil || entry.status.map(String.init) ?? "none" == status)
        }
        let offset = query.integer("offset") ?? 0
        let page = chosen.dropFirst(offset).prefix(query.integer("limit") ?? 1_000)
        return .json(
            200,
            JSONText.object([
                ("count", String(chosen.count)), ("offset", String(offset)),
                ("requests", JSONText.array(page.map(\.json))),
            ]))
    }

    private var stats: String {
        let totals = state.traffic.snapshot
        let statuses = totals.byStatus.sorted { $0.key < $1.key }.map { (String($0.key), String($0.value)) }
        let faults = totals.byFault.sorted { $0.key < $1.key }.map { ($0.key, String($0.value)) }
        let events = totals.events.sorted { $0.key < $1.key }.map { ($0.key, String($0.value)) }
        let overlapping = totals.overlappingUsers.sorted { $0.key < $1.key }.map { key, count in
            JSONText.object([
                ("project", JSONText.quoted(key.project)), ("uid", JSONText.quoted(key.uid)),
                ("max_in_flight", String(count)),
            ])
        }
        return JSONText.object([
            ("requests", String(totals.requests)), ("applied", String(totals.applied)),
            ("unanswered", String(totals.unanswered)), ("by_status", JSONText.object(statuses)),
            ("by_fault", JSONText.object(faults)), ("users", String(state.users.count)),
            ("in_flight", String(totals.inFlight)), ("max_in_flight", String(totals.maximumInFlight)),
            ("max_in_flight_per_user", String(totals.maximumInFlightByUser)),
            ("overlapping_users", JSONText.array(overlapping)), ("events", JSONText.object(events)),
        ])
    }

    private func reset() {
        state.users.removeAll()
        state.definitions.custom.removeAll()
        state.audiences.removeAll()
        state.experiences.removeAll()
        state.events.removeAll()
        state.projects.reset()
        state.budget.reset()
        state.log.removeAll()
        state.traffic.reset()
        state.faults.restart()
    }
}
