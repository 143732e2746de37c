import SyncCore

/// Reads the tests of a model, whose shape was checked.
struct TestSection {
    let model: String
    let dialect: SQLDialect
    let file: ProjectFile
    /// Every model of the project that is written.
    let modelNames: Set<String>
    let variables: ModelVariables
    let findings: Findings

    func read(_ items: [YAMLValue]) -> [ModelTest] {
        var names: [String: Int] = [:]
        return items.flatMap { item in
            guard let settings = Settings(item) else { return [ModelTest]() }
            return claims(settings).map { claim, position in
                var test = ModelTest(name: "", claim: claim, position: position ?? item.position)
                let name = ([test.kind, model] + test.columns + parentName(claim)).joined(separator: "_")
                let count = names[name, default: 0] + 1
                names[name] = count
                test.name = count == 1 ? name : "\(name)_\(count)"
                return test
            }
        }
    }

    private func parentName(_ claim: ModelTest.Claim) -> [String] {
        guard case .relationships(_, let parent, _) = claim else { return [] }
        switch parent.relation {
        case .model(let name): return [name]
        case .table(let parts): return parts.suffix(1)
        }
    }

    /// `not_null` of several columns is a test each.
    private func claims(_ settings: Settings) -> [(ModelTest.Claim, Diagnostic.Position?)] {
        let unique = settings.texts("unique")
        if let first = unique.first { return [(.unique(unique.map(\.text)), first.position)] }
        if settings.entry("not_null") != nil {
            return settings.texts("not_null").map { (.notNull($0.text), $0.position) }
        }
        let place = settings.entries.first?.keyPosition
        let claim =
            settings.settings("accepted_values").flatMap(acceptedValues)
            ?? settings.settings("relationships").flatMap(relationships)
            ?? settings.entry("row_count").flatMap(rowCount)
            ?? settings.settings("freshness").flatMap(freshness)
            ?? settings.value("expression").flatMap(expression)
        return claim.map { [($0, place)] } ?? []
    }

    private func acceptedValues(_ settings: Settings) -> ModelTest.Claim? {
        guard let column = settings.text("column"), let entry = settings.entry("values") else { return nil }
        let values = settings.items("values").compactMap { item in
            item.scalar.map { ModelTest.PlacedValue(SQLConstant($0), at: item.position) }
        }
        for value in values where dialect == .sqlite {
            guard let change = value.constant.changeOnSQLite else { continue }
            findings.error(
                "invalid_value", "`values`: \(change)", at: value.position, hint: "write it in quotes if it is a text")
        }
        if values.isEmpty, case .list = entry.value.content {
            findings.error("invalid_value", "`values`: the list is empty", at: entry.value.position)
        }
        return .acceptedValues(column: column, values: values)
    }

    private func relationships(_ settings: Settings) -> ModelTest.Claim? {
        guard let column = settings.text("column"), let to = settings.text("to"), let field = settings.text("field"),
            let place = settings.position(of: "to"), let fieldPlace = settings.position(of: "field")
        else { return nil }
        let relation: ModelTest.Parent.Relation
        if modelNames.contains(to) {
            relation = .model(to)
        } else if let parts = tableName(to) {
            relation = .table(parts)
        } else {
            findings.error(
                "invalid_value", "`to`: write a model's name, a table or schema.table", at: place,
                hint: "a name of other characters stands in double quotes")
            return nil
        }
        return .relationships(
            column: column, parent: ModelTest.Parent(relation, at: place),
            field: ModelTest.PlacedText(field, at: fieldPlace))
    }

    /// `table`, `schema.table` and `database.schema.table`; a part in double quotes may hold anything.
    private func tableName(_ text: String) -> [String]? {
        let tokens = SQLTokens(text, .postgres)
        let parts = tokens.dottedName(from: 0)
        let names = parts.filter(\.isClosed).compactMap(tokens.name).filter { !$0.isEmpty }
        let isWhole = tokens.tokens.count == 2 * parts.count - 1 && names.count == parts.count
        return isWhole && parts.count <= 3 ? names : nil
    }

    private func rowCount(_ entry: YAMLEntry) -> ModelTest.Claim? {
        guard let count = Settings(entry.value) else { return nil }
        let (minimum, maximum) = (count.integer("min"), count.integer("max"))
        if count.entries.isEmpty {
            findings.error(
                "missing_key", "row_count needs at least one of the keys `min` and `max`", at: entry.keyPosition)
        }
        if let minimum, let maximum, minimum > maximum {
            findings.error("invalid_value", "`row_count`: `min` is above `max`", at: entry.value.position)
        }
        return .rowCount(minimum: minimum, maximum: maximum)
    }

    private func freshness(_ settings: Settings) -> ModelTest.Claim? {
        guard let column = settings.text("column"), let age = settings.duration("max_age") else { return nil }
        return .freshness(column: column, maxAge: age)
    }

    /// It must stay inside the parentheses that it is put in.
    private func expression(_ value: YAMLValue) -> ModelTest.Claim? {
        guard let scalar = value.scalar, !scalar.isWrittenNull else { return nil }
        let statement = variables.bind(file.statement(scalar.text, at: value.position), dialect)
        let tokens = SQLTokens(scalar.text, dialect)
        guard let problem = ExpressionProblem(tokens) else { return .expression(statement) }
        let place = problem.scalar.map { statement.position(ofScalar: $0).position } ?? value.position
        findings.error("invalid_value", "`expression`: \(problem.message)", at: place)
        return nil
    }
}

/// Why a text is no expression by itself.
struct ExpressionProblem {
    var message: String
    /// Where in the text; nil for all of it.
    var scalar: Int?

    init?(_ tokens: SQLTokens) {
        var open: [SQLToken] = []
        for token in tokens.tokens {
            if !token.isClosed {
                (message, scalar) = ("a quote is not closed", token.range.lowerBound)
                return
            }
            if tokens.is(token, ";") {
                (message, scalar) = ("an expression is no statement", token.range.lowerBound)
                return
            }
            if tokens.is(token, "(") { open.append(token) }
            if tokens.is(token, ")"), open.popLast() == nil {
                (message, scalar) = ("a parenthesis closes that is not open", token.range.lowerBound)
                return
            }
        }
        if let last = open.last {
            (message, scalar) = ("a parenthesis is not closed", last.range.lowerBound)
        } else if tokens.endsInComment {
            (message, scalar) = ("a comment is not closed", nil)
        } else if tokens.tokens.isEmpty {
            (message, scalar) = ("it is empty", nil)
        } else {
            return nil
        }
    }
}
