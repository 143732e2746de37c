import SyncCore

extension Examination {
    /// What a source's role may do with what the models read: too little fails, more than reading is a warning.
    init(_ rights: ReadingRights, of source: String) {
        let tables = rights.tables.isEmpty ? "no table" : rights.tables.joined(separator: ", ")
        let unknown = rights.isComplete ? "" : "; a model cannot be prepared, and may read more (see `headrace check`)"
        if !rights.missing.isEmpty || !rights.refusals.isEmpty {
            let lacking =
                rights.lacking.isEmpty
                ? [] : ["role \(rights.role) lacks a right to \(rights.lacking.joined(separator: ", "))"]
            let refused = rights.refusals.map { "the server refuses to read for role \(rights.role): \($0)" }
            let owners = "a view reads with the rights of its owner: look there for what is refused"
            let finding = Diagnostic.error(
                "source_permission", (lacking + refused).joined(separator: "; ") + unknown,
                hint: rights.missing.isEmpty ? owners : Self.script(rights.missing))
            self.init(part: "rights", name: source, finding: finding, exit: .sourceFailure)
        } else if !rights.changeable.isEmpty {
            self.init(
                part: "rights", name: source,
                warning: "role \(rights.role) may also change \(rights.changeable.joined(separator: ", "))\(unknown)",
                hint: "a role that can only read is safer: \(Self.script(rights.leastRole))")
        } else if rights.isComplete {
            self.init(
                part: "rights", name: source, answer: "role \(rights.role) may read \(tables), and change none of it")
        } else {
            self.init(
                part: "rights", name: source, warning: "role \(rights.role) may read \(tables)\(unknown)", hint: nil)
        }
    }

    private static func script(_ statements: [String]) -> String {
        statements.map { "\($0);" }.joined(separator: " ")
    }
}
