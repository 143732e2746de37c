import ChangePlanning
import SyncCore

extension ShownValue {
    var json: JSONText { .value(attributeValue) }

    /// A value as its JSON, a mask as it is; safe to print.
    var text: String {
        switch self {
        case .value(let value): TerminalText.escaped(value.json)
        case .masked(let mask): TerminalText.escaped(mask)
        }
    }
}

/// One user of a plan, attribute by attribute.
struct PlannedUser: Equatable, Sendable {
    struct Change: Equatable, Sendable {
        var attribute: String
        /// Nil when the destination never confirmed one.
        var old: ShownValue?
        var new: ShownValue
    }

    var userUID: String
    var key: String
    var kind: RowKind
    var reason: OperationReason
    var changes: [Change]

    var json: JSONText {
        let attributes = changes.map { change in
            var members: [JSONText.Member] = []
            if let old = change.old { members.append(JSONText.Member(key: "old", value: old.json)) }
            members.append(JSONText.Member(key: "new", value: change.new.json))
            return JSONText.Member(key: change.attribute, value: .object(members))
        }
        return .members([
            "user_uid": .string(userUID), "key": .string(key), "kind": .string(kind.rawValue),
            "reason": .string(reason.rawValue), "attributes": .object(attributes),
        ])
    }

    /// `~ 5 (uid)` and a line an attribute, `old → new`.
    func text(_ palette: Palette) -> String {
        let head = TerminalText.escaped("\(key) (\(userUID))") + (reason == .diff ? "" : " [\(reason.rawValue)]")
        let width = changes.map { TerminalText.width(TerminalText.escaped($0.attribute)) }.max() ?? 0
        let lines = changes.map { change in
            let name = TerminalText.escaped(change.attribute)
            let blanks = String(repeating: " ", count: width - TerminalText.width(name))
            return "    \(name)\(blanks)  \(values(change, palette))"
        }
        let coloured =
            switch kind {
            case .added: palette.green("+ " + head)
            case .removed: palette.red("- " + head)
            case .changed, .unchanged, .invalid: palette.yellow("~ " + head)
            }
        return ([coloured] + lines).joined(separator: "\n")
    }

    private func values(_ change: Change, _ palette: Palette) -> String {
        let new = palette.green(change.new.text)
        return change.old.map { "\(palette.red($0.text)) → \(new)" } ?? new
    }
}
