import Foundation

/// Writes of user attributes, in a project that is known.
struct UserAttributesAPI {
    private static let module = "USER_ATTRIBUTES"

    let state: SimulatorState
    let project: String

    /// `PATCH /user-attributes`: merges per key, whatever the content type says.
    func patch(_ exchange: Exchange) -> Answer {
        guard let body = try? RawJSON(parsing: exchange.body), let members = try? body.members() else {
            return Self.refusal("body", "INVALID_BODY")
        }
        var writes: [AttributeWrite] = []
        writes.reserveCapacity(members.count)
        for (key, value) in members {
            if let reason = reasonToRefuse(value.kind) { return Self.refusal(key, reason) }
            let isUnset = value.kind == .null && state.options.nulls == .unset
            writes.append(AttributeWrite(key: key, literal: isUnset ? nil : value.literal))
        }
        if state.options.unknownKeys != .store {
            let known = state.definitions.keys(of: project)
            if state.options.unknownKeys == .reject, let write = writes.first(where: { !known.contains($0.key) }) {
                return Self.refusal(write.key, "UNKNOWN_ATTRIBUTE")
            }
            writes.removeAll { !known.contains($0.key) }
        }
        let uid = exchange.uid ?? UUID().uuidString.lowercased()
        state.users.merge(writes, into: UserKey(project: project, uid: uid), at: state.options.now())
        var answer = state.success("User Attributes added successfully")
        answer.headers.append((EdgeAPI.userHeader, uid))
        return answer
    }

    /// `POST /user-attributes/actions/merge`: the target takes over what the source has, and the source's value wins.
    func merge(_ body: [UInt8]) -> Answer {
        guard let json = try? RawJSON(parsing: body), let members = try? json.members() else {
            return Self.refusal("body", "INVALID_BODY")
        }
        let fields = Dictionary(members.map { ($0.key, $0.value) }) { $1 }
        guard let source = try? fields["sourceUserUid"]?.text(), !source.isEmpty else {
            return Self.refusal("sourceUserUid", "SOURCE_USER_UID_REQUIRED")
        }
        guard let target = try? fields["targetUserUid"]?.text(), !target.isEmpty else {
            return Self.refusal("targetUserUid", "TARGET_USER_UID_REQUIRED")
        }
        state.users.copy(
            from: UserKey(project: project, uid: source), to: UserKey(project: project, uid: target),
            at: state.options.now())
        return state.success("User Attributes merged successfully")
    }

    private func reasonToRefuse(_ kind: RawJSON.Kind) -> String? {
        switch kind {
        case .object where state.options.nestedObjects == .reject: "OBJECT_NOT_SUPPORTED"
        case .array where state.options.arrays == .reject: "ARRAY_NOT_SUPPORTED"
        case .null where state.options.nulls == .reject: "NULL_NOT_SUPPORTED"
        default: nil
        }
    }

    private static func refusal(_ field: String, _ reason: String) -> Answer {
        .error(400, field: field, code: "personalize.\(module).\(reason)")
    }
}

extension SimulatorState {
    /// The edge's answer to a write: 204, or 200 with a text.
    func success(_ text: String) -> Answer {
        Answer(status: options.successStatus, body: options.successStatus == 204 ? "" : text, isApplied: true)
    }
}
