import SyncCore

/// What takes the room of the state, for people and as JSON.
struct UsageReport {
    let usage: StateUsage
    init(_ usage: StateUsage) { self.usage = usage }

    /// The object with `free_in_bytes`, `parts` and `pruned_at` at its end, and `damage` where it was looked for.
    func added(to line: JSONText, damage: [String]?) -> JSONText {
        let parts = usage.parts.map { sizes in
            JSONText.object(
                StateUsage.Part.allCases.map { JSONText.Member(key: $0.rawValue, value: .integer(sizes[$0] ?? 0)) })
        }
        let usage = line.adding([
            "free_in_bytes": .integer(usage.freeInBytes), "parts": parts ?? .null,
            "pruned_at": .optional(usage.prunedAt),
        ])
        guard let damage else { return usage }
        return usage.adding(["damage": .array(damage.map(JSONText.string))])
    }

    func text(damage: [String]?) -> String {
        var parts = StateUsage.Part.allCases.compactMap { part in
            usage.parts.map { "\(part.rawValue) \(NumberText.bytes($0[part] ?? 0))" }
        }
        parts.append("free \(NumberText.bytes(usage.freeInBytes))")
        let pruned = usage.prunedAt.map { "last pruned \($0.iso8601Milliseconds)" } ?? "never pruned"
        let check = damage.map { $0.isEmpty ? "\nno damage found" : "\ndamaged:\n" + Self.list($0) } ?? ""
        return parts.joined(separator: ", ") + "; \(pruned)" + check
    }

    private static func list(_ damage: [String]) -> String {
        damage.map { "  " + TerminalText.escaped($0) }.joined(separator: "\n")
    }

    static func finding(_ damage: [String], path: String) -> Diagnostic {
        .error(
            "state_damaged", "the state \(path) is damaged: \(damage.first ?? "")",
            hint: "put back a copy of it, or move it away: without it every user is sent again")
    }
}
