import SyncCore

/// A YAML document with the position of every part, variables expanded.
struct YAMLValue {
    enum Content {
        case scalar(YAMLScalar)
        case list([YAMLValue])
        case mapping([YAMLEntry])
        /// Already reported; whoever reads it stays silent.
        case broken
    }

    var content: Content
    var position: Diagnostic.Position
}

struct YAMLEntry {
    var key: String
    var keyPosition: Diagnostic.Position
    var value: YAMLValue

    /// True for a key that looks like one; what does not may be a value in the wrong place, and is not shown.
    var isPlainlyNamed: Bool {
        key.utf8.count <= 64
            && key.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "_-.".utf8.contains(byte)
            }
    }
}

/// What a file says, and what it says twice or in a place where nobody reads it.
struct YAMLDocument {
    var value: YAMLValue
    /// Reported and left out of `value`.
    var dropped: [YAMLValue] = []
}

/// A text, and whether it may stand for a number, a boolean or null.
struct YAMLScalar {
    enum Meaning: Equatable {
        case null
        case boolean(Bool)
        case integer(Int64)
        /// Finite.
        case number(Double)
        case text
    }

    var text: String
    /// Unquoted and untagged.
    var isPlain: Bool
    /// Holds the value of a variable or file, which no message may show.
    var isExpanded = false

    /// What YAML's core schema makes of an unquoted text; expanded text counts as unquoted.
    var meaning: Meaning {
        guard isPlain || isExpanded else { return .text }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        default: break
        }
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        guard let first = digits.first, (0x30...0x39).contains(first) || first == UInt8(ascii: ".") else {
            return .text
        }
        if let whole = Int64(text) { return .integer(whole) }
        let isDecimal = digits.allSatisfy { (0x30...0x39).contains($0) || ".eE+-".utf8.contains($0) }
        if isDecimal, let number = Double(text), number.isFinite { return .number(number) }
        return .text
    }

    /// True for a null that the file itself says; an empty variable is an empty text.
    var isWrittenNull: Bool { !isExpanded && meaning == .null }

    /// The text for a message, unless it came from a variable.
    var shown: String { isExpanded ? "the variable's value" : "`\(excerpt)`" }

    /// What fits into a message of one line.
    var excerpt: String {
        let line = text.prefix { !$0.isNewline }.prefix(80)
        return line.count < text.count ? line + "…" : text
    }
}

extension YAMLValue {
    var scalar: YAMLScalar? { if case .scalar(let scalar) = content { scalar } else { nil } }
    var isBroken: Bool { if case .broken = content { true } else { false } }
    var isNull: Bool { scalar?.isWrittenNull ?? false }

    /// What was found, for `expected …, found …`, where the value itself may not be shown.
    var silentKindName: String {
        guard let scalar, !isNull, !scalar.isExpanded else { return kindName }
        switch scalar.meaning {
        case .boolean: return "a boolean"
        case .integer, .number: return "a number"
        case .text, .null: return "a text"
        }
    }

    /// What was found, for `expected …, found …`.
    var kindName: String {
        switch content {
        case .list: "a list"
        case .mapping: "a mapping"
        case .broken: "nothing"
        case .scalar(let scalar):
            switch scalar.meaning {
            case .null where scalar.isWrittenNull: "nothing"
            case _ where scalar.isExpanded: "the text of a variable"
            case .boolean: "the boolean `\(scalar.excerpt)`"
            case .integer, .number: "the number `\(scalar.excerpt)`"
            case .text, .null: "the text `\(scalar.excerpt)`"
            }
        }
    }
}
