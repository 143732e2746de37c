/// `POST /events`: impressions and conversions, which are only counted.
struct EventIntakeAPI {
    let state: SimulatorState

    /// In a project that is known.
    func answer(_ exchange: Exchange) -> Answer {
        guard exchange.uid != nil else { return Self.refusal("x-cs-personalize-user-uid", "USER_UID_HEADER_NOT_SET") }
        guard let elements = try? RawJSON(parsing: exchange.body).elements() else {
            return Self.refusal("body", "INVALID_BODY")
        }
        var kinds: [String] = []
        for element in elements {
            guard let members = try? element.members() else { return Self.refusal("body", "INVALID_EVENT") }
            let fields = Dictionary(members.map { ($0.key, $0.value) }) { $1 }
            let kind = (try? fields["type"]?.text()) ?? ""
            guard let needed = Self.fields(of: kind) else { return Self.refusal("type", "NOT_VALID_ENUM") }
            for field in needed where ((try? fields[field]?.text()) ?? "").isEmpty {
                return Self.refusal(field, "FIELD_REQUIRED")
            }
            kinds.append(kind)
        }
        state.traffic.count(events: kinds)
        return state.success("Events added successfully")
    }

    private static func fields(of kind: String) -> [String]? {
        switch kind {
        case "IMPRESSION": ["experienceShortUid", "variantShortUid"]
        case "EVENT": ["eventKey"]
        default: nil
        }
    }

    private static func refusal(_ field: String, _ reason: String) -> Answer {
        .error(400, field: field, code: "personalize.EVENTS.\(reason)")
    }
}
