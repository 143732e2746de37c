import HTTPTypes

/// The edge: user attributes, the manifest and events. It needs no credential, and browsers call it from anywhere.
struct EdgeAPI {
    static let userHeader = "x-cs-personalize-user-uid"
    static let paths: Set = ["/user-attributes", "/user-attributes/actions/merge", "/manifest", "/events"]

    let state: SimulatorState

    /// Nil where the edge has no such path.
    func answer(_ exchange: Exchange) -> Answer? {
        guard var answer = answerWithoutOrigin(exchange) else { return nil }
        if exchange.header(.origin) != nil {
            answer.headers += [
                ("access-control-allow-origin", "*"), ("access-control-expose-headers", Self.userHeader),
            ]
        }
        return answer
    }

    private func answerWithoutOrigin(_ exchange: Exchange) -> Answer? {
        switch (exchange.path, exchange.method) {
        case (_, "OPTIONS") where Self.paths.contains(exchange.path): preflight(exchange)
        case ("/user-attributes", "PATCH"):
            inProject(exchange, module: "USER_ATTRIBUTES") {
                UserAttributesAPI(state: state, project: $0).patch(exchange)
            }
        case ("/user-attributes/actions/merge", "POST"):
            inProject(exchange, module: "USER_ATTRIBUTES") {
                UserAttributesAPI(state: state, project: $0).merge(exchange.body)
            }
        case ("/manifest", "GET"):
            inProject(exchange, module: "MANIFEST") { ManifestAPI(state: state).answer(exchange, project: $0) }
        case ("/events", "POST") where !Self.isForManagement(exchange):
            inProject(exchange, module: "EVENTS") { _ in EventIntakeAPI(state: state).answer(exchange) }
        default: nil
        }
    }

    /// Both APIs have `POST /events`, on hosts of their own; here a credential and no array tell the management API.
    private static func isForManagement(_ exchange: Exchange) -> Bool {
        guard exchange.header(.authtoken) != nil || exchange.header(.authorization) != nil else { return false }
        return (try? RawJSON(parsing: exchange.body))?.kind != .array
    }

    private func preflight(_ exchange: Exchange) -> Answer {
        var answer = Answer(status: 204)
        answer.headers = [("access-control-allow-methods", "GET, POST, PATCH"), ("access-control-max-age", "86400")]
        if let wanted = exchange.header(.requestedHeaders) {
            answer.headers.append(("access-control-allow-headers", wanted))
        }
        return answer
    }

    private func inProject(_ exchange: Exchange, module: String, _ answer: (String) -> Answer) -> Answer {
        guard let project = exchange.project else {
            return .error(400, field: "x-project-uid", code: "personalize.\(module).PROJECT_UID_HEADER_NOT_SET")
        }
        guard state.knows(project: project) else {
            return .error(404, field: "x-project-uid", code: "personalize.PROJECTS.NOT_FOUND")
        }
        return answer(project)
    }
}
