import SyncCore

/// Types a constant of a file against the attribute it is for, and reports one that does not fit.
struct ConstantReader {
    let attribute: AttributeDefinition
    /// The key that holds the constant, for messages.
    let key: String
    let findings: Findings

    private struct Misfit: Error {
        var code = "constant_type"
        var reason: String
        var hint: String?
    }

    /// The constant as the destination gets it, or nil after a finding.
    /// `allowsEmpty`: `""` fits every type, to blank an attribute whose user left.
    func read(_ value: YAMLValue, allowsEmpty: Bool = false) -> AttributeValue? {
        if value.isBroken { return nil }
        if allowsEmpty, let scalar = value.scalar, scalar.text.isEmpty, !scalar.isWrittenNull { return .string("") }
        do throws(Misfit) {
            let constant = try typed(value)
            try checkAllowed(constant)
            try checkLimits(constant)
            return constant
        } catch {
            findings.error(
                error.code,
                "`\(key)`: the constant does not fit attribute `\(attribute.key)` (\(attribute.type.rawValue)): "
                    + error.reason,
                at: value.position, hint: error.hint)
            return nil
        }
    }

    private func typed(_ value: YAMLValue) throws(Misfit) -> AttributeValue {
        if case .list(let items) = value.content {
            guard attribute.type == .stringList else {
                throw Misfit(code: "wrong_type", reason: "a list in a \(attribute.type.rawValue) attribute")
            }
            return try list(items.compactMap { $0.scalar?.text })
        }
        guard let scalar = value.scalar, !scalar.isWrittenNull else {
            throw Misfit(code: "wrong_type", reason: "expected a \(attribute.type.rawValue), found \(value.kindName)")
        }
        guard !scalar.text.contains("\0") else { throw Misfit(reason: "text with a NUL character") }
        switch attribute.type {
        case .string: return .string(scalar.text)
        case .integer: return try integer(scalar)
        case .number: return try number(scalar)
        case .boolean:
            guard case .boolean(let flag) = scalar.meaning else { throw misfit(scalar, "true or false") }
            return .boolean(flag)
        case .date:
            guard let date = ISOTime.date(scalar.text) else { throw misfit(scalar, "a date such as 2026-11-23") }
            return .string(date.iso8601)
        case .timestamp: return try timestamp(scalar)
        case .stringList: return try pipeForm(scalar)
        }
    }

    private func integer(_ scalar: YAMLScalar) throws(Misfit) -> AttributeValue {
        let whole: Int64
        switch scalar.meaning {
        case .integer(let value): whole = value
        case .number(let value):
            guard let exact = Int64(exactly: value), DecimalText.isExact(scalar.text, value) else {
                throw misfit(scalar, "a whole number")
            }
            whole = exact
        default: throw misfit(scalar, "a whole number")
        }
        guard whole.magnitude <= AttributeValue.largestExactInteger.magnitude else {
            throw Misfit(reason: "an integer lies within ±2^53")
        }
        return .integer(whole)
    }

    private func number(_ scalar: YAMLScalar) throws(Misfit) -> AttributeValue {
        guard let value = ScalarCheck.number(scalar) else { throw misfit(scalar, "a number") }
        guard DecimalText.isExact(scalar.text, value) else {
            throw Misfit(reason: "it has more digits than a double keeps")
        }
        return .number(value == 0 ? 0 : value)
    }

    private func timestamp(_ scalar: YAMLScalar) throws(Misfit) -> AttributeValue {
        guard let moment = ISOTime.timestamp(scalar.text) else {
            throw misfit(scalar, "a timestamp with its zone, such as 2026-11-23T10:00:00Z")
        }
        guard attribute.encoding != .iso8601 else { return .string(ISOTime.text(of: moment)) }
        let unit: Int64 = attribute.encoding == .epochSeconds ? 1_000_000 : 1000
        let (count, rest) = moment.dividedFloor(by: unit)
        guard rest == 0 || attribute.precision == .truncate else {
            throw Misfit(reason: "it is finer than \(attribute.encoding.rawValue), and `precision` is not truncate")
        }
        return .integer(count)
    }

    private func pipeForm(_ scalar: YAMLScalar) throws(Misfit) -> AttributeValue {
        if scalar.text.isEmpty { return .string("") }
        guard scalar.text.hasPrefix("|"), scalar.text.hasSuffix("|"), scalar.text.count > 2 else {
            throw misfit(scalar, "a YAML list or |a|b|")
        }
        let items = scalar.text.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
        return try list(items.map(String.init))
    }

    private func list(_ items: [String]) throws(Misfit) -> AttributeValue {
        for item in items where item.isEmpty || item.contains("|") || item.contains("\0") {
            throw Misfit(reason: "an item of a list is neither empty nor holds `|` or NUL")
        }
        if items.isEmpty { return .string("") }
        let sorted = Set(items).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return .string("|" + sorted.joined(separator: "|") + "|")
    }

    private func checkAllowed(_ constant: AttributeValue) throws(Misfit) {
        guard !attribute.allowed.isEmpty else { return }
        var parts = [constant]
        if attribute.type == .stringList, case .string(let text) = constant {
            parts = text.split(separator: "|").map { .string(String($0)) }
        }
        guard parts.allSatisfy(attribute.allowed.contains) else {
            throw Misfit(reason: "it is not among the attribute's `allowed` values")
        }
    }

    private func checkLimits(_ constant: AttributeValue) throws(Misfit) {
        let limits = attribute.limits
        let excess: AttributeLimits.Excess? =
            switch constant {
            case .integer(let whole): limits.excess(of: Double(whole))
            case .number(let number): limits.excess(of: number)
            case .string(let text): limits.excess(ofTextWithLength: text.unicodeScalars.count)
            default: nil
            }
        guard let excess else { return }
        let how = excess == .belowMinimum ? "less" : excess == .aboveMaximum ? "more" : "longer"
        throw Misfit(reason: "it is \(how) than \(limits.name(of: excess))")
    }

    private func misfit(_ scalar: YAMLScalar, _ expected: String) -> Misfit {
        let isQuoted = isInNeedlessQuotes(scalar)
        let found = attribute.isPII ? "another text" : (isQuoted ? "the quoted text " : "") + scalar.shown
        return Misfit(
            reason: "expected \(expected), found \(found)", hint: isQuoted ? "write it without quotes" : nil)
    }

    /// True for `"true"` or `"5"` where true or 5 would fit.
    private func isInNeedlessQuotes(_ scalar: YAMLScalar) -> Bool {
        guard !scalar.isPlain, !scalar.isExpanded else { return false }
        var plain = scalar
        plain.isPlain = true
        switch (attribute.type, plain.meaning) {
        case (.boolean, .boolean), (.integer, .integer), (.number, .integer), (.number, .number): return true
        default: return false
        }
    }
}
