package import SyncCore

/// The SELECT around a model that leaves out the rows before a cursor value. Its values are bound, never spliced.
package enum CursorFilter {
    private static let from = "headrace_cursor_from"
    private static let shape = "headrace_cursor_shape"

    package static func statement(
        _ model: SQLStatement, _ dialect: SQLDialect, column: String, from mark: CursorMark
    ) -> SQLStatement {
        let name = dialect.quoted(column)
        var variables: [String: SQLConstant] = [from: .string(mark.value)]
        let condition: String
        switch dialect {
        case .postgres: condition = Self.condition(name, mark)
        case .sqlite:
            if mark.kind == .integer {
                variables[from] = Int64(mark.value).map { .integer($0) } ?? SQLConstant(.null)
                // A value of another class is read too, to be refused.
                condition = "typeof(\(name)) <> 'integer' OR \(name) >= :\(from)"
            } else {
                let style = CursorValue.number(mark)?.1
                variables[from] = .string(String(mark.value.prefix(style?.separator == nil ? 10 : 19)))
                variables[shape] = .string(pattern(style))
                condition = textCondition(name, style)
            }
        }
        var composer = SQLComposer()
        composer.add("SELECT * FROM (\n", at: model.start)
        composer.add(bodyOf: model, dialect)
        composer.add("\n) AS headrace_model WHERE \(condition)", at: model.start)
        let composed = composer.statement(startingAt: model.start)
        return composed.binding(composed.variables.merging(variables) { $1 })
    }

    /// An infinite past tells as little as a null.
    private static func condition(_ name: String, _ mark: CursorMark) -> String {
        switch mark.kind {
        case .integer: "\(name) IS NULL OR \(name) >= :\(from)::pg_catalog.int8"
        case .date: isUnknown(name, "date")
        case .localTimestamp: isUnknown(name, "timestamp")
        case .timestamp, .text: isUnknown(name, "timestamptz")
        }
    }

    private static func isUnknown(_ name: String, _ type: String) -> String {
        "\(name) IS NULL OR \(name) = '-infinity'::pg_catalog.\(type) OR \(name) >= :\(from)::pg_catalog.\(type)"
    }

    /// Text sorts by its bytes, as times written in one way do; others are read too, to be refused.
    private static func textCondition(_ name: String, _ style: CursorValue.TextStyle?) -> String {
        var condition =
            "typeof(\(name)) <> 'text' OR \(name) >= :\(from) COLLATE BINARY OR \(name) NOT GLOB :\(shape)"
        if style?.zone.isEmpty == true {
            condition += " OR \(name) GLOB '*Z' OR \(name) GLOB '*[+-][0-9][0-9]:[0-9][0-9]'"
        }
        return condition
    }

    private static func pattern(_ style: CursorValue.TextStyle?) -> String {
        let two = "[0-9][0-9]"
        let date = "\(two)\(two)-\(two)-\(two)"
        guard let style, let separator = style.separator else { return date }
        let time = "\(two):\(two):\(two)"
        return date + String(UnicodeScalar(separator)) + time + "*" + style.zone
    }
}
