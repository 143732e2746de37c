import SyncCore

/// The verdicts of guards, as JSON and as a table.
enum GuardReport {
    /// `{"name","limit","actual","tripped"}`, and `detail` where there is one.
    static func json(_ result: GuardResult) -> JSONText {
        let verdict = JSONText.members([
            "name": .string(result.name), "limit": .optional(result.limit), "actual": .optional(result.actual),
            "tripped": .boolean(result.tripped),
        ])
        return result.detail.map { verdict.adding(["detail": .string($0)]) } ?? verdict
    }

    static func table(_ guards: [GuardResult], _ palette: Palette) -> String {
        var table = TextTable([.text("guard"), .number("limit"), .number("actual"), .text("verdict")])
        table.widestCell = 100
        for result in guards {
            let verdict = (result.tripped ? "tripped" : "ok") + (result.detail.map { ": \($0)" } ?? "")
            table.rows.append([result.name, number(result.limit), number(result.actual), verdict])
        }
        return table.rendered(palette)
    }

    /// What a guard that tripped measured, in one clause.
    static func clause(_ result: GuardResult) -> String {
        var text = result.name
        if let actual = result.actual, let limit = result.limit {
            text += ": \(NumberText.short(actual)), limit \(NumberText.short(limit))"
        }
        if let detail = result.detail { text += " (\(detail))" }
        return TerminalText.escaped(text)
    }

    private static func number(_ number: Double?) -> String { number.map { NumberText.short($0) } ?? "-" }
}
