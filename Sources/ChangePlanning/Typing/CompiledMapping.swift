import SyncCore

/// A mapping with everything decided that does not depend on a row.
struct CompiledMapping: Sendable {
    enum Origin: Sendable {
        case column(Int)
        case constant
        case template([Part])
    }

    enum Part: Sendable {
        case text([UInt8])
        case place(TemplatePlace)
    }

    let key: String
    /// `"key":` as it stands in a JSON object.
    let jsonKey: [UInt8]
    let definition: Mapping
    let origin: Origin
    let conversion: Conversion
    /// Canonical bytes of a constant origin, and of what a null becomes.
    let constant: [UInt8]
    let onNull: [UInt8]
    /// Canonical bytes of the values allowed, of a list the texts of its items; empty means any.
    let allowed: [[UInt8]]
    /// `allowed` or limits are to be checked after typing.
    let isConstrained: Bool
    /// The snapshot holds a fingerprint in place of the value.
    let isProtected: Bool

    init(_ mapping: Mapping, columns: ColumnIndex, retainsValues: Bool) throws(Diagnostic) {
        let attribute = mapping.attribute
        key = attribute.key
        var jsonKey: [UInt8] = []
        AttributeValue.appendJSONString(attribute.key, to: &jsonKey)
        self.jsonKey = jsonKey + [UInt8(ascii: ":")]
        definition = mapping
        isProtected = attribute.isPII || !retainsValues
        var isDynamic = false
        switch mapping.origin {
        case .value: origin = .constant
        case .column(let name):
            let index = try columns.index(of: name, at: mapping.position)
            isDynamic = columns.columns[index].type == .dynamic
            origin = .column(index)
        case .template(let template):
            var parts: [Part] = []
            for part in template.parts {
                switch part {
                case .text(let text): parts.append(.text(Array(text.utf8)))
                case .column(let name, let filters):
                    let index = try columns.index(of: name, at: mapping.position)
                    let isDynamic = columns.columns[index].type == .dynamic
                    parts.append(.place(TemplatePlace(column: index, filters: filters, isDynamic: isDynamic)))
                }
            }
            origin = .template(parts)
        }
        let conversion = Conversion(
            attribute: attribute, cast: mapping.cast, unit: mapping.castUnit, isDynamic: isDynamic)
        self.conversion = conversion
        func encoded(_ value: AttributeValue) -> [UInt8] {
            var bytes: [UInt8] = []
            conversion.append(constant: value, to: &bytes)
            return bytes
        }
        if case .value(let value) = mapping.origin { constant = encoded(value) } else { constant = [] }
        switch mapping.onNull {
        case .skip: onNull = [CanonicalTag.absent]
        case .null: onNull = [CanonicalTag.null]
        case .constant(let value): onNull = encoded(value)
        }
        allowed = attribute.allowed.map(encoded)
        isConstrained = !allowed.isEmpty || attribute.limits != AttributeLimits()
    }

    /// The columns whose values reach the attribute.
    var columns: [Int] {
        switch origin {
        case .constant: []
        case .column(let index): [index]
        case .template(let parts): parts.compactMap { if case .place(let place) = $0 { place.column } else { nil } }
        }
    }

    /// Throws where the canonical value that was appended at `start`, no null, is not one the attribute may take.
    func requireConstraints(_ bytes: [UInt8], from start: Int) throws(TypingProblem) {
        guard allows(bytes, from: start) else { throw .notAllowed }
        let limits = definition.attribute.limits
        let excess: AttributeLimits.Excess? =
            switch bytes[start] {
            case CanonicalTag.integer: limits.excess(of: Double(Int64(bitPattern: bytes.canonicalWord(at: start))))
            case CanonicalTag.number: limits.excess(of: Double(bitPattern: bytes.canonicalWord(at: start)))
            case CanonicalTag.text where limits.maximumLength != nil:
                // One byte of a code point, its first, is not of the form 10xxxxxx.
                limits.excess(
                    ofTextWithLength: bytes[bytes.canonicalTextStart(at: start)...].count { $0 & 0xC0 != 0x80 })
            default: nil
            }
        switch excess {
        case .belowMinimum: throw .belowMinimum
        case .aboveMaximum: throw .aboveMaximum
        case .tooLong: throw .tooLong
        case nil: return
        }
    }

    /// Whether the canonical value that was appended at `start` is among the allowed ones.
    private func allows(_ bytes: [UInt8], from start: Int) -> Bool {
        if allowed.isEmpty { return true }
        guard conversion.type == .stringList else { return allowed.contains { $0[...] == bytes[start...] } }
        // `|a|b|` after the text's header; the empty list has no item to refuse.
        return bytes[bytes.canonicalTextStart(at: start)...].split(separator: UInt8(ascii: "|")).allSatisfy { item in
            allowed.contains { $0[$0.canonicalTextStart(at: 0)...] == item }
        }
    }
}

/// The columns of a prepared statement by name.
struct ColumnIndex {
    let columns: [ColumnDescription]

    func index(of name: String, at position: Diagnostic.Position?) throws(Diagnostic) -> Int {
        guard let index = columns.firstIndex(where: { $0.name == name }) else {
            throw .unknownColumn(name, among: columns, at: position)
        }
        return index
    }
}

extension Diagnostic {
    static func unknownColumn(_ name: String, among columns: [ColumnDescription], at position: Position?) -> Self {
        let nearest = NearestName.find(name, among: columns.map(\.name))
        return .error(
            "unknown_column", "the model has no column \(name)", at: position,
            hint: nearest.map { "did you mean \($0)?" })
    }
}
