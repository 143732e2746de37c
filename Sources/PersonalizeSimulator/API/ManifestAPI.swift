import Foundation

/// `GET /manifest`: which variant of each experience is a visitor's, from what is stored and what the request tells.
struct ManifestAPI {
    private static let maximumTags = 10

    let state: SimulatorState

    /// Of a project that is known.
    func answer(_ exchange: Exchange, project: String) -> Answer {
        let tags = Query(exchange.query, spaces: .plus).all("tags[]").map { $0.lowercased() }
        guard tags.count <= Self.maximumTags else {
            return .error(400, field: "tags", code: "personalize.MANIFEST.TOO_MANY_TAGS")
        }
        var live: [String: RawJSON] = [:]
        if let text = exchange.header(.liveAttributes) {
            guard let members = try? RawJSON(parsing: Array(text.utf8)).members() else {
                return .error(400, field: "x-live-attributes", code: "personalize.MANIFEST.INVALID_LIVE_ATTRIBUTES")
            }
            live = Dictionary(members.map { ($0.key, $0.value) }) { $1 }
        }
        var visitor = state.visitor(of: exchange.uid.map { UserKey(project: project, uid: $0) }, in: project)
        visitor.live = live
        visitor.presets.headers = exchange.headers
        let entries = entries(for: visitor, tags: tags, project: project)
        var answer = Answer.json(200, JSONText.object([("experiences", JSONText.array(entries))]))
        answer.headers.append((EdgeAPI.userHeader, exchange.uid ?? UUID().uuidString.lowercased()))
        return answer
    }

    private func entries(for visitor: Visitor, tags: [String], project: String) -> [String] {
        let audiences = Dictionary(state.audiences.all(of: project).map { ($0.uid, $0) }) { $1 }
        return state.experiences.all(of: project).compactMap { experience in
            guard experience.status != .draft,
                tags.isEmpty || experience.tags.contains(where: { tags.contains($0.lowercased()) })
            else { return nil }
            let active = experience.variants.first { variant in
                variant.audiences.contains { audiences[$0]?.definition.root.takes(visitor) ?? false }
            }
            let shortUID = experience.status == .active ? active?.shortUID : nil
            return JSONText.object([
                ("shortUid", JSONText.quoted(experience.shortUID)),
                ("activeVariantShortUid", shortUID.map(JSONText.quoted) ?? "null"),
            ])
        }
    }
}

extension SimulatorState {
    /// A user as a request without headers shows it; nil is somebody new.
    func visitor(of user: UserKey?, in project: String) -> Visitor {
        let keys = definitions.custom.all(of: project).map { ($0.uid, $0.key) }
        return Visitor(
            stored: user.map { users.visibleAttributes(of: $0, at: options.now()) } ?? [:],
            keys: Dictionary(keys) { $1 }, presets: RequestPresets(now: options.now()))
    }
}
