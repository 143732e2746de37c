import SyncCore

/// What `plan` prints of one sync.
struct PlanReport {
    var sync: String
    /// Nil when no plan could be made.
    var plan: PlanRecord?
    var users: [PlannedUser]
    var withheld = WithheldCounts()
    var invalidSample: [InvalidRow] = []
    var error: Diagnostic?
    /// Nil where nobody is logged in, or Contentstack gives no answer.
    var impact: ImpactReport?
    /// The same.
    var identity: ProjectIdentity?

    /// `error` is there only when no plan is.
    var json: JSONText {
        let rows = plan?.rows ?? RowCounts()
        let line = JSONText.members([
            "plan_id": .optional(plan?.planID.text),
            "sync": .string(sync),
            "rows": RunLine.rows(rows),
            "operations": .members(["planned": .integer(plan?.planned ?? 0)]),
            "guards": .array((plan?.guards ?? []).map(GuardReport.json)),
            "users": .array(users.map(\.json)),
            "mapping_added": .array((plan?.mappingAdded ?? []).map(JSONText.string)),
            "withheld": .members([
                "ageing": .integer(withheld.ageing), "quarantined": .integer(withheld.quarantined),
            ]),
        ])
        if let error { return line.adding(["error": .string(error.sentence)]) }
        var whole = ReadingReport.added(plan?.reading, to: line)
        if let impact { whole = whole.adding(["audiences": impact.json]) }
        if let identity { whole = whole.adding(["project": identity.json]) }
        return whole
    }

    func text(_ palette: Palette) -> String {
        let name = palette.bold(TerminalText.escaped(sync))
        guard let plan else {
            return "\(name): no plan" + (error.map { "\n" + FindingReport($0).text(palette) } ?? "")
        }
        var parts = [head(plan, name: name, palette)]
        if !plan.guards.isEmpty { parts.append(GuardReport.table(plan.guards, palette)) }
        if !users.isEmpty { parts.append(users.map { $0.text(palette) }.joined(separator: "\n")) }
        if let impact = impact?.brief(palette) { parts.append(impact) }
        parts.append(foot(plan, palette))
        return parts.joined(separator: "\n\n")
    }

    private func head(_ plan: PlanRecord, name: String, _ palette: Palette) -> String {
        let rows = plan.rows
        var lines = [
            "\(name): \(NumberText.counted(rows.queried, "row")) queried, "
                + [
                    palette.green("\(NumberText.grouped(rows.added)) added"),
                    palette.yellow("\(NumberText.grouped(rows.changed)) changed"),
                    palette.red("\(NumberText.grouped(rows.removed)) removed"),
                    "\(NumberText.grouped(rows.unchanged)) unchanged", "\(NumberText.grouped(rows.invalid)) invalid",
                ].joined(separator: ", ")
        ]
        if let identity { lines.append("  to \(TerminalText.escaped(identity.phrase))") }
        if let reading = plan.reading { lines.append("  read: \(ReadingReport(reading).sentence)") }
        lines += invalidSample.prefix(5).map { "  \(palette.yellow("invalid"))  \(InvalidRowReport.clause($0))" }
        if !plan.mappingAdded.isEmpty {
            let names = plan.mappingAdded.map(TerminalText.escaped).joined(separator: ", ")
            lines.append("  mapping_added: \(names) (no user of the snapshot has it; not counted as changed)")
        }
        return lines.joined(separator: "\n")
    }

    private var withheldLines: [String] {
        guard withheld.total > 0 else { return [] }
        let parts = [(withheld.quarantined, "quarantined"), (withheld.ageing, "ageing")].filter { $0.0 > 0 }
        let counts = parts.map { "\(NumberText.grouped($0.0)) \($0.1)" }.joined(separator: ", ")
        return [
            "Withheld of them, since the destination rejected the same values before: \(counts) "
                + "(`headrace retry \(TerminalText.escaped(sync))` releases them)"
        ]
    }

    private func foot(_ plan: PlanRecord, _ palette: Palette) -> String {
        var lines: [String] = []
        let more = plan.planned - users.count
        if more > 0 {
            lines.append("… \(NumberText.counted(more, "operation")) more: --details \(plan.planned) shows all")
        }
        let isBlocked = plan.guards.contains(where: \.tripped)
        if isBlocked {
            lines.append(palette.yellow("A guard tripped: nothing will be sent without --override-guards."))
        }
        if plan.status == .superseded {
            lines.append(palette.yellow("A newer plan was made meanwhile: this one cannot be applied."))
        } else if plan.planned == 0 {
            lines.append("Nothing to send. Plan \(plan.planID)")
        } else {
            let flag = isBlocked ? " --override-guards" : ""
            lines.append(
                "\(NumberText.counted(plan.planned, "operation")) planned. "
                    + "Apply with: headrace apply \(plan.planID)\(flag)")
            lines += withheldLines
        }
        return lines.joined(separator: "\n")
    }
}
