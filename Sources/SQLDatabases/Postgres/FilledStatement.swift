import SyncCore

/// A statement whose variables are parameters of the server's: `$1` for each `:name`, wherever it stands.
struct FilledStatement {
    let statement: SQLStatement
    /// Of `$1` and the following, in text: the server takes their types from where they stand.
    let values: [String]

    init(_ written: SQLStatement) {
        guard !written.variables.isEmpty else {
            (statement, values) = (written, [])
            return
        }
        let tokens = SQLTokens(written.text, .postgres)
        var names: [String] = []
        var composer = SQLComposer()
        var end = 0
        for token in tokens.tokens where token.kind == .variable {
            let name = String(tokens.text(of: token).dropFirst())
            // One without a value stays as it is, for the server to refuse.
            guard written.variables[name] != nil else { continue }
            if !names.contains(name) { names.append(name) }
            let number = (names.firstIndex(of: name) ?? 0) + 1
            composer.add(written, end..<token.range.lowerBound)
            composer.add("$\(number)", insteadOf: token.range, in: written)
            end = token.range.upperBound
        }
        composer.add(written, end..<written.text.unicodeScalars.count)
        statement = composer.statement(startingAt: written.start)
        values = names.compactMap { written.variables[$0]?.text }
    }
}
