import SyncCore

/// JSON with its keys in the order they were given, so that a schema reads like the documentation.
indirect enum SchemaNode: Sendable {
    case text(String)
    case whole(Int64)
    case flag(Bool)
    case list([SchemaNode])
    case object([(key: String, value: SchemaNode)])

    /// Indented by two spaces a level.
    func rendered(indent: Int = 0) -> String {
        let inner = String(repeating: " ", count: indent + 2)
        let outer = String(repeating: " ", count: indent)
        switch self {
        case .text(let text): return AttributeValue.string(text).json
        case .whole(let number): return String(number)
        case .flag(let flag): return flag ? "true" : "false"
        case .list(let items):
            if items.isEmpty { return "[]" }
            let lines = items.map { inner + $0.rendered(indent: indent + 2) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { member in
                inner + AttributeValue.string(member.key).json + ": " + member.value.rendered(indent: indent + 2)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        }
    }
}
