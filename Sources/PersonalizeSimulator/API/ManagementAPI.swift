import HTTPTypes

/// The management API: what a project has, for whoever is signed in.
struct ManagementAPI {
    private static let collections: Set = [
        "attributes", "audiences", "events", "experiences", "experiences-priority",
    ]

    let state: SimulatorState

    /// Nil where the API has no such path.
    func answer(_ exchange: Exchange) -> Answer? {
        let parts = exchange.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 3 && !parts[2].isEmpty, Self.collections.contains(parts[1])
        else { return nil }
        guard isSignedIn(exchange) else {
            let message = "You're not allowed in here unless you're logged in."
            return .json(
                401,
                JSONText.object([
                    ("error_message", JSONText.quoted(message)), ("error_code", "105"), ("status", "401"),
                ]))
        }
        guard let project = exchange.project else {
            let module = parts[1].uppercased().replacing("-", with: "_")
            return .error(400, field: "x-project-uid", code: "personalize.\(module).PROJECT_UID_HEADER_NOT_SET")
        }
        guard state.options.knows(project: project) else {
            return .error(404, field: "x-project-uid", code: "personalize.PROJECTS.NOT_FOUND")
        }
        let (method, uid, body) = (exchange.method, parts.count == 3 ? parts[2] : nil, exchange.body)
        return switch parts[1] {
        case "attributes": AttributeAPI(state: state, project: project).answer(method, uid, body: body)
        case "audiences": AudienceAPI(state: state, project: project).answer(method, uid, body: body)
        case "events": EventAPI(state: state, project: project).answer(method, uid, body: body)
        case "experiences": ExperienceAPI(state: state, project: project).answer(method, uid, body: body)
        case "experiences-priority" where uid == nil:
            ExperienceAPI(state: state, project: project).answerAboutPriority(method, body: body)
        default: nil
        }
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
}

extension ProjectItems {
    func answerToDelete(_ uid: String, of project: String, module: String) -> Answer {
        do {
            try delete(uid, of: project)
            return Answer(status: 204)
        } catch {
            return error.answer(module: module)
        }
    }
}

extension ItemRefusal {
    func answer(module: String) -> Answer {
        switch self {
        case .duplicate(let field):
            .error(400, field: field, code: "personalize.\(module).DUPLICATE_\(field.uppercased())")
        case .full: .error(400, field: "name", code: "personalize.\(module).LIMIT_EXCEEDED")
        case .unknown: .error(404, field: "uid", code: "personalize.\(module).NOT_FOUND")
        }
    }
}

extension ManagementAPI {
    /// The members of a body, some of which must be there.
    struct Fields {
        struct Refusal: Error { var answer: Answer }

        let members: [String: RawJSON]

        init(_ body: [UInt8], module: String, required: [String]) throws(Refusal) {
            guard let json = try? RawJSON(parsing: body), let members = try? json.members() else {
                throw Refusal(answer: .error(400, field: "body", code: "personalize.\(module).INVALID_BODY"))
            }
            self.members = Dictionary(members.map { ($0.key, $0.value) }) { $1 }
            for field in required where self[field].isEmpty {
                throw Refusal(
                    answer: .error(400, field: field, code: "personalize.\(module).\(field.uppercased())_REQUIRED"))
            }
        }

        /// "" where it is missing or no text.
        subscript(_ name: String) -> String { members[name].flatMap { try? $0.text() } ?? "" }
    }
}
