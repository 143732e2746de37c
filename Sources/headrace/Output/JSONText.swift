import SyncCore

/// JSON to be written: objects keep the order in which their keys were given, as the documented shapes have it.
indirect enum JSONText: Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// Written as the shortest decimal that reads back the same; not finite becomes null.
    case number(Double)
    case string(String)
    case array([JSONText])
    case object([Member])

    struct Member: Equatable {
        var key: String
        var value: JSONText
    }

    /// An object from pairs, in their order.
    static func members(_ pairs: KeyValuePairs<String, JSONText>) -> JSONText {
        .object(pairs.map { Member(key: $0.key, value: $0.value) })
    }

    static func optional(_ text: String?) -> JSONText { text.map(JSONText.string) ?? .null }
    static func optional(_ number: Double?) -> JSONText { number.map(JSONText.number) ?? .null }
    static func optional(_ time: WallTime?) -> JSONText { optional(time?.iso8601Milliseconds) }

    static func value(_ value: AttributeValue) -> JSONText {
        switch value {
        case .null: .null
        case .boolean(let flag): .boolean(flag)
        case .integer(let number): .integer(Int(number))
        case .number(let number): .number(number)
        case .string(let text): .string(text)
        }
    }

    /// On one line, without blanks.
    var line: String {
        var text = ""
        append(to: &text)
        return text
    }

    /// The object with more members at its end; anything else stays as it is.
    func adding(_ pairs: KeyValuePairs<String, JSONText>) -> JSONText {
        guard case .object(let members) = self else { return self }
        return .object(members + pairs.map { Member(key: $0.key, value: $0.value) })
    }

    private func append(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .boolean(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        case .number(let number): text += number.isFinite ? AttributeValue.shortestDecimal(number) : "null"
        case .string(let string): Self.append(string, to: &text)
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                item.append(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.append(member.key, to: &text)
                text += ":"
                member.value.append(to: &text)
            }
            text += "}"
        }
    }

    /// Characters that could drive a terminal are escaped too: JSON is read on terminals as well.
    private static func append(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                if TerminalText.isControl(scalar) {
                    text += TerminalText.escape(scalar)
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }
}
