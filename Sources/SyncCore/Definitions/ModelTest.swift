/// A test of a model, run in the source.
package struct ModelTest: Sendable {
    package enum Claim: Sendable {
        /// No two rows have the same values in these columns; a row with a null in one of them does not count.
        case unique([String])
        case notNull(String)
        /// Null is always accepted.
        case acceptedValues(column: String, values: [PlacedValue])
        /// Every value but null is in a column of another relation.
        case relationships(column: String, parent: Parent, field: PlacedText)
        case rowCount(minimum: Int?, maximum: Int?)
        /// The newest value is at most so old.
        case freshness(column: String, maxAge: Duration)
        /// A Boolean expression of SQL over a row; a row where it is null passes.
        case expression(SQLStatement)
    }

    package struct PlacedValue: Sendable {
        package var constant: SQLConstant
        package var position: Diagnostic.Position
        package init(_ constant: SQLConstant, at position: Diagnostic.Position) {
            (self.constant, self.position) = (constant, position)
        }
    }

    package struct PlacedText: Sendable {
        package var text: String
        package var position: Diagnostic.Position
        package init(_ text: String, at position: Diagnostic.Position) { (self.text, self.position) = (text, position) }
    }

    package struct Parent: Sendable {
        package enum Relation: Sendable {
            case model(String)
            /// The parts of its name, a schema first where there is one.
            case table([String])
        }

        package var relation: Relation
        package var position: Diagnostic.Position
        package init(_ relation: Relation, at position: Diagnostic.Position) {
            (self.relation, self.position) = (relation, position)
        }
    }

    /// Unique in its model, made of its kind, the model and the columns: `not_null_members_tier`.
    package var name: String
    package var claim: Claim
    package var position: Diagnostic.Position

    package init(name: String, claim: Claim, position: Diagnostic.Position) {
        (self.name, self.claim, self.position) = (name, claim, position)
    }

    /// The key that it is written with.
    package var kind: String {
        switch claim {
        case .unique: "unique"
        case .notNull: "not_null"
        case .acceptedValues: "accepted_values"
        case .relationships: "relationships"
        case .rowCount: "row_count"
        case .freshness: "freshness"
        case .expression: "expression"
        }
    }

    /// The model's columns that it names, an expression's aside.
    package var columns: [String] {
        switch claim {
        case .unique(let columns): columns
        case .notNull(let column), .acceptedValues(let column, _), .relationships(let column, _, _),
            .freshness(let column, _):
            [column]
        case .rowCount, .expression: []
        }
    }
}

/// What failing tests of a sync's model do to its run.
package enum TestPolicy: String, Sendable, CaseIterable {
    /// No plan is made, nothing is sent.
    case block
    /// The run says so and goes on.
    case warn
}
