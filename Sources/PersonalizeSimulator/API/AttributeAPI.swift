/// The management API's attribute definitions.
struct AttributeAPI {
    private static let module = "ATTRIBUTES"

    let state: SimulatorState
    let project: String

    /// `uid` is the rest of the path, nil for all; nil where the API has no such path.
    func answer(_ method: String, _ uid: String?, body: [UInt8]) -> Answer? {
        let definitions = state.definitions.custom
        switch (method, uid) {
        case ("GET", nil): return .json(200, JSONText.array(state.definitions.all(of: project).map(\.json)))
        case ("POST", nil):
            return write(body, as: 201) { fields throws(ItemRefusal) in
                try definitions.create(in: project) { uid, time, _ in
                    StoredDefinition(
                        uid: uid, name: fields["name"], key: fields["key"], description: fields["description"],
                        project: project, createdAt: time, updatedAt: time)
                }
            }
        case ("PUT", let uid?):
            // Another key is another place to write to: what users have at the old one stays there.
            return write(body, as: 200) { fields throws(ItemRefusal) in
                try definitions.update(uid, of: project) { definition in
                    (definition.name, definition.key) = (fields["name"], fields["key"])
                    definition.description = fields["description"]
                }
            }
        case ("DELETE", let uid?):
            guard !state.audiences.use(attribute: uid, in: project) else {
                return .error(400, field: "uid", code: "personalize.\(Self.module).IN_USE")
            }
            return definitions.answerToDelete(uid, of: project, module: Self.module)
        default: return nil
        }
    }

    private func write(
        _ body: [UInt8], as status: Int,
        _ store: (ManagementAPI.Fields) throws(ItemRefusal) -> StoredDefinition
    ) -> Answer {
        let fields: ManagementAPI.Fields
        do { fields = try ManagementAPI.Fields(body, module: Self.module, required: ["name", "key"]) } catch {
            return error.answer
        }
        do { return .json(status, try store(fields).json) } catch { return error.answer(module: Self.module) }
    }
}
