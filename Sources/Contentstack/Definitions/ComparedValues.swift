import SyncCore

/// Values as audience rules compare them.
extension AttributeValue {
    /// Byte for byte: to Swift two spellings of é are equal, to a server they are not.
    var text: String.UTF8View? { if case .string(let text) = self { text.utf8 } else { nil } }

    /// An integer and the number that is as large are one value.
    var double: Double? {
        switch self {
        case .integer(let whole): Double(whole)
        case .number(let number): number
        case .null, .boolean, .string: nil
        }
    }
}

extension String.UTF8View {
    func contains(_ part: String) -> Bool { part.isEmpty || firstRange(of: Array(part.utf8)) != nil }
}

extension String {
    /// `|gold|`, `|gold|silver|`: as items of a list are sent and asked for.
    var isListForm: Bool { utf8.count > 2 && hasPrefix("|") && hasSuffix("|") }
}
