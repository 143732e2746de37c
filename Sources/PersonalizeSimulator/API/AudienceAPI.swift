/// The management API's audiences, of a project that is known and for whoever is signed in.
struct AudienceAPI {
    private static let module = "AUDIENCES"

    let state: SimulatorState
    let project: String

    /// `uid` is the rest of the path, nil for all; nil where the API has no such path.
    func answer(_ method: String, _ uid: String?, body: [UInt8]) -> Answer? {
        let audiences = state.audiences
        switch (method, uid) {
        case ("GET", nil): return .json(200, JSONText.array(audiences.all(of: project).map(\.json)))
        case ("POST", nil):
            return write(body, as: 201) { fields, rules throws(ItemRefusal) in
                try audiences.create(in: project) { uid, time, _ in
                    StoredAudience(
                        uid: uid, name: fields["name"], description: fields["description"], definition: rules,
                        project: project, createdAt: time, updatedAt: time)
                }
            }
        case ("PUT", let uid?):
            return write(body, as: 200) { fields, rules throws(ItemRefusal) in
                try audiences.update(uid, of: project) { audience in
                    (audience.name, audience.description) = (fields["name"], fields["description"])
                    audience.definition = rules
                }
            }
        case ("DELETE", let uid?):
            guard !state.experiences.use(audience: uid, in: project) else {
                return .error(400, field: "uid", code: "personalize.\(Self.module).IN_USE")
            }
            return audiences.answerToDelete(uid, of: project, module: Self.module)
        default: return nil
        }
    }

    private func write(
        _ body: [UInt8], as status: Int,
        _ store: (ManagementAPI.Fields, AudienceRules) throws(ItemRefusal) -> StoredAudience
    ) -> Answer {
        let fields: ManagementAPI.Fields
        do { fields = try ManagementAPI.Fields(body, module: Self.module, required: ["name"]) } catch {
            return error.answer
        }
        guard let definition = fields.members["definition"] else { return refusal("DEFINITION_REQUIRED") }
        let rules: AudienceRules
        do { rules = try AudienceRules(definition) } catch {
            return .error(400, field: "definition", code: error.code)
        }
        let known = Set(state.definitions.custom.all(of: project).map(\.uid))
        guard rules.customAttributes.isSubset(of: known) else { return refusal("ATTRIBUTE_NOT_FOUND") }
        do { return .json(status, try store(fields, rules).json) } catch { return error.answer(module: Self.module) }
    }

    private func refusal(_ reason: String) -> Answer {
        .error(400, field: "definition", code: "personalize.\(Self.module).\(reason)")
    }
}
