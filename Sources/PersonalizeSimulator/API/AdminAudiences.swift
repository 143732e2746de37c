extension AdminAPI {
    /// Who is in which audience now, as a request without headers would find. With `uid` one user's audiences, else
    /// every audience's users.
    func audiences(_ query: Query) -> Answer {
        guard let project = query["project"], !project.isEmpty else {
            return .error(400, field: "project", code: "the project is missing")
        }
        let audiences = state.audiences.all(of: project)
        if let uid = query["uid"] {
            let visitor = state.visitor(of: UserKey(project: project, uid: uid), in: project)
            return list(audiences) { ("member", String($0.definition.root.takes(visitor))) }
        }
        let now = state.options.now()
        let somebody = state.visitor(of: nil, in: project)
        let visitors = state.users.uids(of: project).map { uid in
            var visitor = somebody
            visitor.stored = state.users.visibleAttributes(of: UserKey(project: project, uid: uid), at: now)
            return (uid, visitor)
        }
        return list(audiences) { audience in
            let users = visitors.filter { audience.definition.root.takes($0.1) }
            return ("users", JSONText.array(users.map { JSONText.quoted($0.0) }))
        }
    }

    private func list(_ audiences: [StoredAudience], _ member: (StoredAudience) -> (String, String)) -> Answer {
        let entries = audiences.map { audience in
            JSONText.object([
                ("uid", JSONText.quoted(audience.uid)), ("name", JSONText.quoted(audience.name)), member(audience),
            ])
        }
        return .json(200, JSONText.object([("audiences", JSONText.array(entries))]))
    }
}
