/// The management API: what a project has, for whoever is signed in.
struct ManagementAPI {
    private struct Refusal: Error { var answer: Answer }

    private static let collections: Set = [
        "attributes", "audiences", "events", "experiences", "experiences-priority", "projects",
    ]

    let state: SimulatorState

    /// Nil where the API has no such path.
    func answer(_ exchange: Exchange) -> Answer? {
        let parts = exchange.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 3 && !parts[2].isEmpty, Self.collections.contains(parts[1])
        else { return nil }
        let organization: String
        do throws(Refusal) { organization = try admit(exchange, to: parts[1]) } catch { return error.answer }
        let share = state.budget.take(for: organization, at: state.options.now())
        guard share.isAllowed else {
            var answer = Answer.message(429, "Too many requests", code: 429)
            answer.headers += share.headers
            return answer
        }
        var answer = answer(exchange, parts[1], parts.count == 3 ? parts[2] : nil, organization: organization)
        answer?.headers += share.headers
        return answer
    }

    private func answer(_ exchange: Exchange, _ collection: String, _ uid: String?, organization: String) -> Answer? {
        let (project, method, body) = (exchange.project ?? "", exchange.method, exchange.body)
        return switch collection {
        case "projects" where uid == nil: ProjectAPI(state: state, organization: organization).answer(exchange)
        case "attributes": AttributeAPI(state: state, project: project).answer(method, uid, body: body)
        case "audiences": AudienceAPI(state: state, project: project).answer(method, uid, body: body)
        case "events": EventAPI(state: state, project: project).answer(method, uid, body: body)
        case "experiences": ExperienceAPI(state: state, project: project).answer(method, uid, body: body)
        case "experiences-priority" where uid == nil:
            ExperienceAPI(state: state, project: project).answerAboutPriority(method, body: body)
        default: nil
        }
    }

    /// The organization that a request is about, if its credential opens that.
    private func admit(_ exchange: Exchange, to collection: String) throws(Refusal) -> String {
        let access: Access
        do { access = try state.access(exchange) } catch { throw Refusal(answer: error.answer) }
        let organization = try organization(of: exchange, collection, access)
        guard access.isMember(of: organization) else {
            throw Self.refusal(403, "organization_uid", "personalize.ORGANIZATIONS.NOT_A_MEMBER")
        }
        guard access.permits(exchange.method) else {
            throw Self.refusal(403, "scope", "personalize.SCOPE_NOT_GRANTED")
        }
        return organization
    }

    private func organization(
        of exchange: Exchange, _ collection: String, _ access: Access
    ) throws(Refusal) -> String {
        guard collection != "projects" else {
            guard let organization = exchange.organization else {
                throw Self.refusal(
                    400, "organization_uid", "personalize.PROJECTS.ORGANIZATION_UID_HEADER_NOT_SET")
            }
            return organization
        }
        guard let project = exchange.project else {
            let module = collection.uppercased().replacing("-", with: "_")
            throw Self.refusal(400, "x-project-uid", "personalize.\(module).PROJECT_UID_HEADER_NOT_SET")
        }
        guard state.knows(project: project) else {
            throw Self.refusal(404, "x-project-uid", "personalize.PROJECTS.NOT_FOUND")
        }
        let home = access.organization(asked: exchange.organization, otherwise: state.options.defaultOrganization)
        return state.projects.owner(of: project, otherwise: home)
    }

    private static func refusal(_ status: Int, _ field: String, _ code: String) -> Refusal {
        Refusal(answer: .error(status, field: field, code: code))
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
