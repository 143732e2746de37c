import Foundation
import SyncCore

/// One run as people read it: headline, counts that balance, and what to do about what went wrong.
struct RunText {
    let report: RunReport
    /// Invalid rows shown before "and … more".
    var shownInvalidRows = 5
    /// How operations ended that were not confirmed.
    var answers: [AnswerReport] = []
    /// The run's process is gone, though its row is open.
    var isGone = false

    init(_ report: RunReport) { self.report = report }

    func text(_ palette: Palette) -> String {
        var lines = [headline(palette)]
        if report.runID != nil { lines += counts }
        if let reading = report.reading { lines.append("  read        \(ReadingReport(reading).sentence)") }
        lines += AnswerReport.lines(answers, palette)
        lines += invalidRows(palette)
        lines += guards(palette)
        if let error = report.error {
            lines.append("  " + palette.red("error: ") + TerminalText.escaped(error))
        }
        return lines.joined(separator: "\n")
    }

    private func headline(_ palette: Palette) -> String {
        let status =
            switch report.status {
            case .succeeded: palette.green(report.status.rawValue)
            case .completedWithErrors, .blocked, .cancelled, .interrupted: palette.yellow(report.status.rawValue)
            case .failed: palette.red(report.status.rawValue)
            case .queued, .querying, .planning, .delivering: report.status.rawValue
            }
        let id = report.runID.map { "run \($0)" } ?? "no run began"
        let name = palette.bold(TerminalText.escaped(report.sync))
        let gone = isGone ? " (process gone)" : ""
        return "\(report.sync.isEmpty ? "" : name + ": ")\(status)\(gone)  \(palette.dim(id))"
    }

    private var counts: [String] {
        let rows = report.rows
        let operations = report.operations
        let outcomes = OperationOutcome.allCases.compactMap { outcome -> String? in
            let count = operations[outcome]
            return count > 0 ? "\(NumberText.grouped(count)) \(outcome.rawValue)" : nil
        }
        let kinds = [
            (rows.unchanged, RowKind.unchanged), (rows.added, .added), (rows.changed, .changed),
            (rows.removed, .removed), (rows.invalid, .invalid),
        ].map { "\(NumberText.grouped($0.0)) \($0.1.rawValue)" }
        return [
            "  rows        \(NumberText.grouped(rows.queried)) queried: \(kinds.joined(separator: ", "))",
            "  operations  \(NumberText.grouped(operations.planned)) planned"
                + (outcomes.isEmpty ? "" : ": " + outcomes.joined(separator: ", ")),
            "  attempts    \(NumberText.grouped(report.attempts.sent)) sent, "
                + "\(NumberText.grouped(report.attempts.retried)) retried",
            "  seconds     query \(NumberText.short(report.querySeconds)), "
                + "plan \(NumberText.short(report.planSeconds)), deliver \(NumberText.short(report.deliverSeconds))",
        ]
    }

    private func invalidRows(_ palette: Palette) -> [String] {
        guard report.rows.invalid > 0 else { return [] }
        var lines = report.invalidSample.prefix(shownInvalidRows).map {
            "  " + palette.yellow("invalid") + "     " + InvalidRowReport.clause($0)
        }
        let more = report.rows.invalid - lines.count
        if more > 0, let id = report.runID {
            lines.append("              … \(NumberText.grouped(more)) more: headrace runs \(id) --invalid")
        }
        return lines
    }

    private func guards(_ palette: Palette) -> [String] {
        let tripped = report.guards.filter(\.tripped)
        guard !tripped.isEmpty else { return [] }
        var lines = tripped.map { "  " + palette.yellow("guard") + "       " + GuardReport.clause($0) }
        if report.status == .blocked {
            lines.append(
                "              nothing was sent; look at `headrace plan \(TerminalText.escaped(report.sync))`, then "
                    + "`--override-guards` sends it all the same")
        }
        return lines
    }
}

/// Invalid rows for people.
enum InvalidRowReport {
    /// `5, column points: text in an integer attribute (value 'x')`.
    static func clause(_ row: InvalidRow) -> String {
        var text = "row \(row.key ?? "-")"
        if let column = row.column { text += ", column \(column)" }
        text += ": \(row.reason)"
        return TerminalText.escaped(text)
    }

    static func table(_ rows: [InvalidRow], _ palette: Palette) -> String {
        var table = TextTable([.text("key"), .text("column"), .text("value"), .text("expected"), .text("reason")])
        table.widestCell = 80
        table.rows = rows.map { [$0.key ?? "-", $0.column ?? "-", $0.value ?? "-", $0.expected ?? "-", $0.reason] }
        return table.rendered(palette)
    }
}
