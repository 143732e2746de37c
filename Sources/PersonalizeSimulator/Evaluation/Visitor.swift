/// Whoever an audience is asked about: what is stored, and what the request adds.
struct Visitor: Sendable {
    /// Values as they were sent, by key.
    var stored: [String: String] = [:]
    /// Attributes of this request only; they win over what is stored.
    var live: [String: RawJSON] = [:]
    /// The keys of the project's own attributes, by uid.
    var keys: [String: String]
    var presets: RequestPresets

    func value(of reference: AttributeReference) -> AttributeValue? {
        switch reference {
        case .preset(let constant): presets.value(of: constant)
        case .custom(let uid): keys[uid].flatMap(value)
        case .lytics("LYTICS_AUDIENCE"): value(at: "lytics_audiences")
        case .lytics, .other: nil
        }
    }

    private func value(at key: String) -> AttributeValue? {
        if let live = live[key] { return AttributeValue(live) }
        return stored[key].flatMap { try? RawJSON(parsing: Array($0.utf8)) }.flatMap { AttributeValue($0) }
    }
}
