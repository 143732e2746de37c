/// The management API's experiences and their priority.
struct ExperienceAPI {
    private static let module = "EXPERIENCES"

    let state: SimulatorState
    let project: String

    /// `uid` is the rest of the path, nil for all; nil where the API has no such path.
    func answer(_ method: String, _ uid: String?, body: [UInt8]) -> Answer? {
        let experiences = state.experiences
        switch (method, uid) {
        case ("GET", nil): return .json(200, JSONText.array(experiences.all(of: project).map(\.json)))
        case ("POST", nil):
            return write(body, as: 201) { content throws(ItemRefusal) in
                try experiences.create(in: project) { uid, time, number in
                    StoredExperience(
                        uid: uid, shortUID: String(number), name: content.name, description: content.description,
                        status: content.status, tags: content.tags, variants: content.variants, project: project,
                        createdAt: time, updatedAt: time)
                }
            }
        case ("PUT", let uid?):
            return write(body, as: 200) { content throws(ItemRefusal) in
                try experiences.update(uid, of: project) { experience in
                    (experience.name, experience.description) = (content.name, content.description)
                    (experience.status, experience.tags) = (content.status, content.tags)
                    experience.variants = content.variants
                }
            }
        case ("DELETE", let uid?): return experiences.answerToDelete(uid, of: project, module: Self.module)
        default: return nil
        }
    }

    /// `/experiences-priority`: all uids, the first asked first.
    func answerAboutPriority(_ method: String, body: [UInt8]) -> Answer? {
        switch method {
        case "GET": return .json(200, priority)
        case "PUT":
            let order = (try? RawJSON(parsing: body)).flatMap { ExperienceContent.texts($0) }
            guard let order, state.experiences.arrange(order, of: project) else {
                return .error(400, field: "body", code: "personalize.EXPERIENCES_PRIORITY.INVALID_ORDER")
            }
            return .json(200, priority)
        default: return nil
        }
    }

    private var priority: String {
        JSONText.array(state.experiences.all(of: project).map { JSONText.quoted($0.uid) })
    }

    private func write(
        _ body: [UInt8], as status: Int, _ store: (ExperienceContent) throws(ItemRefusal) -> StoredExperience
    ) -> Answer {
        let content: ExperienceContent
        do {
            let fields = try ManagementAPI.Fields(body, module: Self.module, required: ["name", "status"])
            content = try ExperienceContent(fields, audiences: Set(state.audiences.all(of: project).map(\.uid)))
        } catch { return error.answer }
        do { return .json(status, try store(content).json) } catch { return error.answer(module: Self.module) }
    }
}

/// What a client says of an experience, checked.
private struct ExperienceContent {
    let name: String
    let description: String
    let status: StoredExperience.Status
    let tags: [String]
    let variants: [StoredExperience.Variant]

    init(_ fields: ManagementAPI.Fields, audiences: Set<String>) throws(ManagementAPI.Fields.Refusal) {
        name = fields["name"]
        description = fields["description"]
        guard ["", "SEGMENTED"].contains(fields["__type"]) else { throw Self.refusal("__type", "NOT_VALID_ENUM") }
        guard let status = StoredExperience.Status(rawValue: fields["status"]) else {
            throw Self.refusal("status", "INVALID_STATUS")
        }
        self.status = status
        guard let tags = fields.members["tags"].map({ Self.texts($0) }) ?? [] else {
            throw Self.refusal("tags", "INVALID_TAGS")
        }
        self.tags = tags
        guard let elements = try? fields.members["variants"]?.elements(), !elements.isEmpty else {
            throw Self.refusal("variants", "EMPTY_ARRAY")
        }
        var variants: [StoredExperience.Variant] = []
        for element in elements {
            guard let members = try? element.members() else { throw Self.refusal("variants", "INVALID_VARIANT") }
            let named = Dictionary(members.map { ($0.key, $0.value) }) { $1 }
            guard let name = try? named["name"]?.text(), !name.isEmpty,
                let wanted = named["audiences"].map({ Self.texts($0) }) ?? []
            else { throw Self.refusal("variants", "INVALID_VARIANT") }
            guard audiences.isSuperset(of: wanted) else { throw Self.refusal("variants", "AUDIENCE_NOT_FOUND") }
            let given = (try? named["shortUid"]?.text()) ?? ""
            variants.append(StoredExperience.Variant(shortUID: given, name: name, audiences: wanted))
        }
        self.variants = try Self.numbered(variants)
    }

    /// Gives the lowest free number to each variant that came without a short uid.
    private static func numbered(
        _ variants: [StoredExperience.Variant]
    ) throws(ManagementAPI.Fields.Refusal) -> [StoredExperience.Variant] {
        let given = variants.map(\.shortUID).filter { !$0.isEmpty }
        guard Set(given).count == given.count else { throw refusal("variants", "DUPLICATE_SHORT_UID") }
        var free = (0...).lazy.map { String($0) }.filter { !given.contains($0) }.makeIterator()
        return variants.map { variant in
            var variant = variant
            if variant.shortUID.isEmpty { variant.shortUID = free.next() ?? "" }
            return variant
        }
    }

    /// The elements of an array of texts, nil for anything else.
    static func texts(_ json: RawJSON) -> [String]? {
        guard let elements = try? json.elements() else { return nil }
        let texts = elements.compactMap { try? $0.text() }
        return texts.count == elements.count ? texts : nil
    }

    private static func refusal(_ field: String, _ reason: String) -> ManagementAPI.Fields.Refusal {
        ManagementAPI.Fields.Refusal(answer: .error(400, field: field, code: "personalize.EXPERIENCES.\(reason)"))
    }
}
