package enum SQLDialect: String, Sendable { case sqlite, postgres }

extension SQLDialect {
    /// A name exactly as it is, whatever it holds.
    package func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    /// A constant of a project's file as SQL. On PostgreSQL every constant is a quoted one, as it is written, whose type
    /// the server takes from what it is compared with; SQLite compares by type, and has no booleans.
    package func literal(_ constant: SQLConstant) -> String {
        switch (self, constant.value) {
        case (_, .null): "NULL"
        case (.postgres, _): literal(constant.text)
        case (.sqlite, .string(let text)): literal(text)
        case (.sqlite, .boolean(let flag)): flag ? "1" : "0"
        case (.sqlite, .integer(let whole)): String(whole)
        // With its fraction or exponent: a text column makes '1.0' of 1.0, and '1' of 1.
        case (.sqlite, .number(let number)): number.description
        }
    }

    /// Also where a role's `standard_conforming_strings` is off, a backslash stands for itself.
    private func literal(_ text: String) -> String {
        let doubled = text.replacing("'", with: "''")
        guard self == .postgres, text.contains("\\") else { return "'\(doubled)'" }
        return "E'\(doubled.replacing("\\", with: "\\\\"))'"
    }
}

extension SourceDefinition.Kind {
    package var dialect: SQLDialect {
        switch self {
        case .sqlite: .sqlite
        case .postgres: .postgres
        }
    }
}
