import Foundation

/// The edge: writes of user attributes, and the manifest. Needs no credential.
struct EdgeAPI {
    static let userHeader = "x-cs-personalize-user-uid"
    let state: SimulatorState

    /// `PATCH /user-attributes`: merges per key, whatever the content type says.
    func patch(_ exchange: Exchange) -> Answer {
        if let refusal = refusal(exchange, module: "USER_ATTRIBUTES") { return refusal }
        guard let body = try? RawJSON(parsing: exchange.body), let members = try? body.members() else {
            return .error(400, field: "body", code: "personalize.USER_ATTRIBUTES.INVALID_BODY")
        }
        var writes: [AttributeWrite] = []
        writes.reserveCapacity(members.count)
        for (key, value) in members {
            if value.kind == .object {
                return .error(400, field: key, code: "personalize.USER_ATTRIBUTES.OBJECT_NOT_SUPPORTED")
            }
            writes.append(AttributeWrite(key: key, literal: value.kind == .null ? nil : value.literal))
        }
        let project = exchange.project ?? ""
        if state.options.unknownKeys != .store {
            let known = state.definitions.keys(of: project)
            if state.options.unknownKeys == .reject, let write = writes.first(where: { !known.contains($0.key) }) {
                return .error(400, field: write.key, code: "personalize.USER_ATTRIBUTES.UNKNOWN_ATTRIBUTE")
            }
            writes.removeAll { !known.contains($0.key) }
        }
        let uid = exchange.uid ?? UUID().uuidString.lowercased()
        state.users.merge(writes, into: UserKey(project: project, uid: uid))
        let isEmpty = state.options.successStatus == 204
        return Answer(
            status: state.options.successStatus, headers: [(Self.userHeader, uid)],
            body: isEmpty ? "" : "User Attributes added successfully", isApplied: true)
    }

    func manifest(_ exchange: Exchange) -> Answer {
        if let refusal = refusal(exchange, module: "MANIFEST") { return refusal }
        return ManifestAPI(state: state).answer(exchange, project: exchange.project ?? "")
    }

    private func refusal(_ exchange: Exchange, module: String) -> Answer? {
        guard let project = exchange.project else {
            return .error(400, field: "x-project-uid", code: "personalize.\(module).PROJECT_UID_HEADER_NOT_SET")
        }
        guard state.options.knows(project: project) else {
            return .error(404, field: "x-project-uid", code: "personalize.PROJECTS.NOT_FOUND")
        }
        return nil
    }
}
