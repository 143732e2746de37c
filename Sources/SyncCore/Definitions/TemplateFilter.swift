/// What a template makes of a column's value before it stands in the text: `{{ name | trim | upper }}`.
package enum TemplateFilter: Sendable, Hashable {
    /// Without the characters of Unicode's White_Space at both ends.
    case trim
    /// Unicode's full case mappings, of no language: ß becomes SS.
    case upper, lower
    /// The first character in title case, the others in lower case.
    case capitalize
    /// A date or timestamp, written in a format. Always the first filter.
    case date(DateFormat)

    /// The filters without an argument, by name.
    package static let plain: [String: TemplateFilter] = [
        "trim": .trim, "upper": .upper, "lower": .lower, "capitalize": .capitalize,
    ]
}

/// How a date or timestamp is written: the fields of strftime that mean the same in every language and place.
package struct DateFormat: Sendable, Hashable {
    /// The letter after `%`.
    package enum Field: Character, Sendable, CaseIterable {
        case year = "Y"
        case yearOfCentury = "y"
        case month = "m"
        case monthName = "B"
        case shortMonthName = "b"
        case day = "d"
        case dayOfYear = "j"
        case weekdayName = "A"
        case shortWeekdayName = "a"
        /// 1 for Monday to 7 for Sunday.
        case weekday = "u"
        case hour = "H"
        case hourOfHalfDay = "I"
        case minute = "M"
        case second = "S"
        case millisecond = "L"
        case microsecond = "f"
        case halfDay = "p"

        /// A part of the day, which a date does not have.
        package var isOfTime: Bool {
            switch self {
            case .hour, .hourOfHalfDay, .minute, .second, .millisecond, .microsecond, .halfDay: true
            default: false
            }
        }

        /// Digits with leading zeros; nil for names and what is never padded.
        package var width: Int? {
            switch self {
            case .year: 4
            case .dayOfYear, .millisecond: 3
            case .microsecond: 6
            case .yearOfCentury, .month, .day, .hour, .hourOfHalfDay, .minute, .second: 2
            case .monthName, .shortMonthName, .weekdayName, .shortWeekdayName, .weekday, .halfDay: nil
            }
        }
    }

    package enum Part: Sendable, Hashable {
        case text(String)
        /// Not padded: `%-d`.
        case field(Field, isPadded: Bool)
    }

    package struct Fault: Error {
        package var message: String
        /// Characters of the format before the fault.
        package var offset: Int
    }

    /// As it is written.
    package let text: String
    package let parts: [Part]

    /// Throws what is wrong with a format.
    package init(_ text: String) throws(Fault) {
        self.text = text
        var parts: [Part] = []
        var literal = ""
        var rest = Array(text)[...]
        func append(_ fields: [Field], isPadded: Bool = true, mark: String = "") {
            if !literal.isEmpty { parts.append(.text(literal)) }
            literal = ""
            for (index, field) in fields.enumerated() {
                if index > 0 { parts.append(.text(mark)) }
                parts.append(.field(field, isPadded: isPadded))
            }
        }
        while let character = rest.popFirst() {
            guard character == "%" else {
                literal.append(character)
                continue
            }
            let offset = rest.startIndex - 1
            let isPadded = rest.first != "-"
            if !isPadded { rest.removeFirst() }
            guard let letter = rest.popFirst() else {
                throw Fault(message: "the format ends within a %", offset: offset)
            }
            switch (letter, Field(rawValue: letter)) {
            case ("%", _) where isPadded: literal.append("%")
            case ("F", _) where isPadded: append([.year, .month, .day], mark: "-")
            case ("T", _) where isPadded: append([.hour, .minute, .second], mark: ":")
            case (_, let field?) where isPadded || field.width != nil: append([field], isPadded: isPadded)
            default:
                let written = "%" + (isPadded ? "" : "-") + String(letter)
                throw Fault(message: "`\(written)` is no part of a date format: it has \(Self.known)", offset: offset)
            }
        }
        append([])
        self.parts = parts
        guard parts.contains(where: { if case .field = $0 { true } else { false } }) else {
            throw Fault(message: "the format has no part of a date: it takes \(Self.known)", offset: 0)
        }
    }

    /// The first field that a date without a time of day does not have.
    package var firstFieldOfTime: Field? {
        parts.lazy.compactMap { if case .field(let field, _) = $0, field.isOfTime { field } else { nil } }.first
    }

    private static let known = (Field.allCases.map { "%\($0.rawValue)" } + ["%F", "%T", "%%"]).joined(separator: " ")
}
