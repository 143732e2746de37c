/// The management API's audiences, of a project that is known and for whoever is signed in.
struct AudienceAPI {
    let state: SimulatorState
    let project: String

    /// `uid` is the rest of the path; nil for all.
    func answer(_ method: String, _ uid: String?, body: [UInt8]) -> Answer? {
        switch (method, uid) {
        case ("GET", nil): .json(200, JSONText.array(state.audiences.all(of: project).map(\.json)))
        case ("POST", nil):
            write(body, as: 201) { audience throws(AudienceStore.Refusal) in
                try state.audiences.create(
                    name: audience.name, description: audience.description, definition: audience.rules, project: project
                )
            }
        case ("PUT", let uid?):
            write(body, as: 200) { audience throws(AudienceStore.Refusal) in
                try state.audiences.update(
                    uid, name: audience.name, description: audience.description, definition: audience.rules,
                    project: project)
            }
        case ("DELETE", let uid?): delete(uid)
        default: nil
        }
    }

    private struct Audience {
        var name: String
        var description: String
        var rules: AudienceRules
    }

    private func delete(_ uid: String) -> Answer {
        do {
            try state.audiences.delete(uid, project: project)
            return Answer(status: 204)
        } catch {
            return refused(error)
        }
    }

    private func write(
        _ body: [UInt8], as status: Int, _ store: (Audience) throws(AudienceStore.Refusal) -> StoredAudience
    ) -> Answer {
        let fields: ManagementAPI.Fields
        do { fields = try ManagementAPI.Fields(body, module: "AUDIENCES", required: ["name"]) } catch {
            return error.answer
        }
        guard let definition = fields.members["definition"] else {
            return .error(400, field: "definition", code: "personalize.AUDIENCES.DEFINITION_REQUIRED")
        }
        let rules: AudienceRules
        do { rules = try AudienceRules(definition) } catch {
            return .error(400, field: "definition", code: error.code)
        }
        let known = Set(state.definitions.all(of: project).map(\.uid))
        guard rules.customAttributes.isSubset(of: known) else {
            return .error(400, field: "definition", code: "personalize.AUDIENCES.ATTRIBUTE_NOT_FOUND")
        }
        do {
            let stored = try store(
                Audience(name: fields["name"], description: fields["description"], rules: rules))
            return .json(status, stored.json)
        } catch {
            return refused(error)
        }
    }

    private func refused(_ refusal: AudienceStore.Refusal) -> Answer {
        switch refusal {
        case .duplicateName: .error(400, field: "name", code: "personalize.AUDIENCES.DUPLICATE_NAME")
        case .full: .error(400, field: "name", code: "personalize.AUDIENCES.LIMIT_EXCEEDED")
        case .unknown: .error(404, field: "uid", code: "personalize.AUDIENCES.NOT_FOUND")
        }
    }
}
