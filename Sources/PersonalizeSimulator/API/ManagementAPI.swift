import HTTPTypes

/// The management API's attribute definitions.
struct ManagementAPI {
    let state: SimulatorState

    func answer(_ exchange: Exchange) -> Answer {
        guard isSignedIn(exchange) else {
            let message = "You're not allowed in here unless you're logged in."
            return .json(
                401,
                JSONText.object([
                    ("error_message", JSONText.quoted(message)), ("error_code", "105"), ("status", "401"),
                ]))
        }
        guard let project = exchange.project else {
            return .error(400, field: "x-project-uid", code: "personalize.ATTRIBUTES.PROJECT_UID_HEADER_NOT_SET")
        }
        guard state.options.knows(project: project) else {
            return .error(404, field: "x-project-uid", code: "personalize.PROJECTS.NOT_FOUND")
        }
        return exchange.method == "GET"
            ? .json(200, JSONText.array(state.definitions.all(of: project).map(\.json)))
            : create(exchange.body, project: project)
    }

    private func isSignedIn(_ exchange: Exchange) -> Bool {
        var token = exchange.header(.authtoken) ?? ""
        if token.isEmpty, let authorization = exchange.header(.authorization) {
            let parts = authorization.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "bearer" { token = String(parts[1]) }
        }
        guard !token.isEmpty else { return false }
        return state.options.managementTokens?.contains(token) ?? true
    }

    private func create(_ body: [UInt8], project: String) -> Answer {
        guard let json = try? RawJSON(parsing: body), let members = try? json.members() else {
            return .error(400, field: "body", code: "personalize.ATTRIBUTES.INVALID_BODY")
        }
        let texts = Dictionary(members.map { ($0.key, (try? $0.value.text()) ?? "") }) { $1 }
        for field in ["name", "key"] where texts[field, default: ""].isEmpty {
            return .error(400, field: field, code: "personalize.ATTRIBUTES.\(field.uppercased())_REQUIRED")
        }
        do {
            let definition = try state.definitions.create(
                name: texts["name", default: ""], key: texts["key", default: ""],
                description: texts["description", default: ""], project: project)
            return .json(201, definition.json)
        } catch {
            switch error {
            case .duplicateKey: return .error(400, field: "key", code: "personalize.ATTRIBUTES.DUPLICATE_KEY")
            case .duplicateName: return .error(400, field: "name", code: "personalize.ATTRIBUTES.DUPLICATE_NAME")
            case .full: return .error(400, field: "key", code: "personalize.ATTRIBUTES.LIMIT_EXCEEDED")
            }
        }
    }
}
