/// The management API's projects, for whoever is signed in.
struct ProjectAPI {
    let state: SimulatorState
    let organization: String

    /// Nil where the API has no such path.
    func answer(_ exchange: Exchange) -> Answer? {
        switch exchange.method {
        case "GET":
            let stack = Query(exchange.query, spaces: .plus)["connectedStackApiKey"]
            let projects = state.projects.all(of: organization).filter { stack == nil || $0.stackAPIKey == stack }
            return .json(200, JSONText.array(projects.map(json)))
        case "POST":
            let fields: ManagementAPI.Fields
            do { fields = try ManagementAPI.Fields(exchange.body, module: "PROJECTS", required: ["name"]) } catch {
                return error.answer
            }
            do {
                let project = try state.projects.create(
                    in: organization, name: fields["name"], description: fields["description"],
                    stackAPIKey: fields["connectedStackApiKey"])
                return .json(201, json(project))
            } catch { return error.answer(module: "PROJECTS") }
        default: return nil
        }
    }

    private func json(_ project: StoredProject) -> String {
        let active = state.experiences.all(of: project.uid).count { $0.status == .active }
        let created = JSONText.quoted(LoggedRequest.text(of: project.createdAt))
        return JSONText.object([
            ("uid", JSONText.quoted(project.uid)), ("name", JSONText.quoted(project.name)),
            ("description", JSONText.quoted(project.description)),
            ("organizationUid", JSONText.quoted(project.organization)),
            ("connectedStackApiKey", JSONText.quoted(project.stackAPIKey)),
            ("audienceCount", String(state.audiences.all(of: project.uid).count)),
            ("activeExperienceCount", String(active)), ("createdAt", created), ("updatedAt", created),
            ("createdBy", "\"simulator\""), ("updatedBy", "\"simulator\""),
        ])
    }
}
