import ChangePlanning
import ProjectModels
import SyncCore

/// How much of a model with a cursor is read, and how far its mark may move.
extension PlanBuilder {
    /// Nil for a model without a cursor.
    func reading(hasDirtyUsers: Bool, at now: WallTime) async throws -> ModelReading? {
        guard let cursor = checked.sync.model.cursor else { return nil }
        let rule = CursorRule(
            cursor: cursor, digest: cursorDigest(cursor),
            columnType: checked.columns.first { $0.name == cursor.column }?.type, hasChangedStyle: hasChangedCursor,
            record: try await environment.state.cursor(of: scope.id),
            hasDirtyUsers: hasDirtyUsers, isSameDestination: scope.lastIdentity == checked.destination.identity,
            options: planOptions, now: now)
        return try rule.reading()
    }

    /// The reading with where its mark would stand, once all rows are typed.
    func finished(
        _ reading: ModelReading?, _ tracker: CursorTracker?, _ planner: ChangePlanner, _ plan: PlanRecord
    ) throws -> ModelReading? {
        let reached = try tracker?.reached(startedAt: plan.createdAt)
        return reading.map {
            CursorRule.finish(
                $0, reached: reached, hasRepeatedKeys: planner.hasRepeatedKeys, options: planOptions)
        }
    }

    func statement(for reading: ModelReading?) -> SQLStatement {
        let model = checked.sync.model
        guard let reading, let from = reading.from else { return model.statement }
        return CursorFilter.statement(
            model.statement, checked.source.dialect, column: reading.column, from: from)
    }

    /// Everything that makes rows below the mark other than the snapshot has them.
    private func cursorDigest(_ cursor: CursorDefinition) -> String {
        let text = "\(definitionDigest)\n\(checked.source.identity)\n\(cursor.overlap.map { "\($0)" } ?? "")"
        // Keyed: what it is made of may be a secret.
        return environment.keys.valueFingerprint(
            attribute: "cursor", .string("\(text)\n\(environment.project.state.retainsValues)"))
    }

    /// Users that no row named say nothing of a partial read but what they have: enough of them are looked at for the
    /// guard on nulls to be sure.
    func measureUnseen(_ planner: inout ChangePlanner) async throws {
        let limit = checked.sync.guards.maxNullPercent
        while planner.mustMeasureUnseen(limit: limit), let unseen = planner.nextUnseen(limit: 1000) {
            try planner.measureUnseen(try await users(unseen))
        }
    }
}
