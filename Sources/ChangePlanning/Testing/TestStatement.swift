package import SyncCore

/// The one statement that a model test asks its source, around the model's own.
package struct TestStatement {
    /// Failing keys or values that are read beside their count.
    package static let sampleSize = 5

    private let model: ModelDefinition
    private let dialect: SQLDialect
    private var composer = SQLComposer()

    /// `parent` is the definition of the model that a `relationships` names.
    package static func make(_ test: ModelTest, of model: ModelDefinition, parent: ModelDefinition?) -> SQLStatement {
        var statement = TestStatement(model: model, dialect: model.source.kind.dialect)
        statement.add(test, parent: parent)
        return statement.composer.statement(startingAt: test.position)
    }

    private init(model: ModelDefinition, dialect: SQLDialect) {
        self.model = model
        self.dialect = dialect
    }

    private mutating func add(_ test: ModelTest, parent: ModelDefinition?) {
        let place = test.position
        switch test.claim {
        case .unique(let columns):
            let names = columns.map(name)
            addGroups(names, at: place) {
                $0.composer.add(names.map { "\($0) IS NOT NULL" }.joined(separator: " AND "), at: place)
            }
            composer.add(" GROUP BY \(names.joined(separator: ", ")) HAVING count(*) > 1", at: place)
            addSampleEnd(names.count, at: place)
        case .notNull(let column):
            addRows(at: place) { $0.composer.add("\($0.name(column)) IS NULL", at: place) }
        case .acceptedValues(let column, let values):
            addGroups([name(column)], at: place) { $0.addOutside(column, values, at: place) }
            composer.add(" GROUP BY \(name(column))", at: place)
            addSampleEnd(1, at: place)
        case .relationships(let column, let other, let field):
            addRows(at: place) { $0.addOrphans(column, other, field, parent: parent, at: place) }
        case .rowCount: addModel("SELECT count(*)", at: place)
        case .freshness(let column, _): addModel("SELECT max(\(name(column)))", at: place)
        case .expression(let expression):
            addRows(at: place) { statement in
                statement.composer.add("NOT (\n", at: place)
                statement.composer.add(expression, 0..<expression.text.unicodeScalars.count)
                statement.composer.add("\n)", at: place)
            }
        }
    }

    /// The columns of a test are the model's, whatever else is in scope.
    private func name(_ column: String) -> String { "model.\(dialect.quoted(column))" }

    private mutating func addModel(_ select: String, at place: Diagnostic.Position) {
        composer.add("\(select) FROM (\n", at: place)
        composer.add(bodyOf: model.statement, dialect)
        composer.add("\n) AS model", at: place)
    }

    /// How many rows fail, and the primary keys of the first.
    private mutating func addRows(at place: Diagnostic.Position, where condition: (inout TestStatement) -> Void) {
        let keys = model.primaryKey.map(name)
        addModel("SELECT \((["count(*) OVER ()"] + keys).joined(separator: ", "))", at: place)
        composer.add(" WHERE ", at: place)
        condition(&self)
        addSampleEnd(keys.count, at: place)
    }

    /// How many values fail, and the first of them.
    private mutating func addGroups(
        _ names: [String], at place: Diagnostic.Position, where condition: (inout TestStatement) -> Void
    ) {
        addModel("SELECT count(*) OVER (), \(names.joined(separator: ", "))", at: place)
        composer.add(" WHERE ", at: place)
        condition(&self)
    }

    private mutating func addSampleEnd(_ columns: Int, at place: Diagnostic.Position) {
        let order = (0..<columns).map { String($0 + 2) }.joined(separator: ", ")
        composer.add(" ORDER BY \(order) LIMIT \(Self.sampleSize)", at: place)
    }

    private mutating func addOutside(
        _ column: String, _ values: [ModelTest.PlacedValue], at place: Diagnostic.Position
    ) {
        composer.add("\(name(column)) NOT IN (", at: place)
        for (index, value) in values.enumerated() {
            composer.add((index > 0 ? ", " : "") + dialect.literal(value.constant), at: value.position)
        }
        composer.add(")", at: place)
    }

    private mutating func addOrphans(
        _ column: String, _ other: ModelTest.Parent, _ field: ModelTest.PlacedText, parent: ModelDefinition?,
        at place: Diagnostic.Position
    ) {
        composer.add("\(name(column)) IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ", at: place)
        switch other.relation {
        case .table(let parts): composer.add(parts.map(dialect.quoted).joined(separator: "."), at: other.position)
        case .model:
            composer.add("(\n", at: other.position)
            if let parent { composer.add(bodyOf: parent.statement, dialect) }
            composer.add("\n)", at: other.position)
        }
        composer.add(" AS parent WHERE ", at: place)
        composer.add("parent.\(dialect.quoted(field.text))", at: field.position)
        composer.add(" = \(name(column)))", at: place)
    }
}
