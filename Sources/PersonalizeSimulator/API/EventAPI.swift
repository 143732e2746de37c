/// The management API's events: the keys that a project counts.
struct EventAPI {
    private static let module = "EVENTS"

    let state: SimulatorState
    let project: String

    /// `uid` is the rest of the path, nil for all; nil where the API has no such path.
    func answer(_ method: String, _ uid: String?, body: [UInt8]) -> Answer? {
        let events = state.events
        switch (method, uid) {
        case ("GET", nil): return .json(200, JSONText.array(events.all(of: project).map(\.json)))
        case ("POST", nil):
            return write(body, as: 201) { fields throws(ItemRefusal) in
                try events.create(in: project) { uid, time, _ in
                    StoredEvent(
                        uid: uid, key: fields["key"], description: fields["description"], project: project,
                        createdAt: time, updatedAt: time)
                }
            }
        case ("PUT", let uid?):
            return write(body, as: 200) { fields throws(ItemRefusal) in
                try events.update(uid, of: project) { event in
                    (event.key, event.description) = (fields["key"], fields["description"])
                }
            }
        case ("DELETE", let uid?): return events.answerToDelete(uid, of: project, module: Self.module)
        default: return nil
        }
    }

    private func write(
        _ body: [UInt8], as status: Int, _ store: (ManagementAPI.Fields) throws(ItemRefusal) -> StoredEvent
    ) -> Answer {
        let fields: ManagementAPI.Fields
        do { fields = try ManagementAPI.Fields(body, module: Self.module, required: ["key"]) } catch {
            return error.answer
        }
        do { return .json(status, try store(fields).json) } catch { return error.answer(module: Self.module) }
    }
}
