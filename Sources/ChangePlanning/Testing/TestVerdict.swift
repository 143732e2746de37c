package import SyncCore

/// What the rows of a test's statement say of it.
package struct TestVerdict: Sendable, Hashable {
    package var passed: Bool
    /// Rows that fail; of `unique` and `accepted_values` values. Of `row_count` and `freshness` 1 or 0.
    package var failures = 0
    /// Rows of `row_count`; age in seconds of `freshness`, nil where nobody may know, there is none or it is infinite.
    package var actual: Double?
    /// A clause for people: `3 rows are null`.
    package var message: String
    /// The first failing values (`unique`, `accepted_values`) or primary keys (the others), masked where personal.
    package var sample: [String] = []
}

/// Who may see what of a test, and the time.
package struct TestJudge: Sendable {
    /// Columns whose values nobody may read.
    package var masked: Set<String>
    /// Of a value's text.
    package var mask: @Sendable (String) -> String
    package var now: WallTime

    package init(masked: Set<String>, mask: @escaping @Sendable (String) -> String, now: WallTime) {
        (self.masked, self.mask, self.now) = (masked, mask, now)
    }

    /// `rows` are all that the test's statement gave. Throws what makes a `freshness` no question.
    package func verdict(
        _ test: ModelTest, of model: ModelDefinition, rows: RowBatch, dialect: SQLDialect
    ) throws(Diagnostic) -> TestVerdict {
        switch test.claim {
        case .rowCount(let minimum, let maximum): return rowCount(rows, minimum, maximum)
        case .freshness(let column, let maxAge):
            return try freshness(rows, column, maxAge, test, model, isDynamic: dialect == .sqlite)
        case .unique(let columns):
            return sampled(rows, columns, "value", "occurs more than once", "occur more than once")
        case .acceptedValues(let column, _):
            return sampled(rows, [column], "value", "is not accepted", "are not accepted")
        case .notNull: return sampled(rows, model.primaryKey, "row", "is null", "are null")
        case .relationships: return sampled(rows, model.primaryKey, "row", "has no parent", "have no parent")
        case .expression: return sampled(rows, model.primaryKey, "row", "does not satisfy it", "do not satisfy it")
        }
    }

    private func sampled(
        _ rows: RowBatch, _ columns: [String], _ noun: String, _ one: String, _ many: String
    ) -> TestVerdict {
        guard rows.rowCount > 0 else { return TestVerdict(passed: true, message: "no \(noun) fails") }
        let failures = count(rows)
        let sample = (0..<rows.rowCount).map { row in
            columns.indices.map { shown(rows, row: row, column: $0 + 1, of: columns[$0]) }.joined(separator: "/")
        }
        let message = failures == 1 ? "1 \(noun) \(one)" : "\(failures) \(noun)s \(many)"
        return TestVerdict(passed: false, failures: failures, message: message, sample: sample)
    }

    private func count(_ rows: RowBatch) -> Int {
        guard rows.rowCount > 0, case .integer(let count) = rows.cell(row: 0, column: 0) else { return 0 }
        return Int(clamping: count)
    }

    private func shown(_ rows: RowBatch, row: Int, column: Int, of name: String) -> String {
        let text = RowPreview.text(of: rows.cell(row: row, column: column), in: rows) ?? "NULL"
        return masked.contains(name) ? mask(text) : text
    }

    private func rowCount(_ rows: RowBatch, _ minimum: Int?, _ maximum: Int?) -> TestVerdict {
        let count = count(rows)
        let passed = count >= minimum ?? 0 && count <= maximum ?? .max
        let limits = [minimum.map { "at least \($0)" }, maximum.map { "at most \($0)" }].compactMap { $0 }
        let expected = passed ? "" : ", \(limits.joined(separator: " and ")) expected"
        return TestVerdict(
            passed: passed, failures: passed ? 0 : 1, actual: Double(count),
            message: "\(count) row\(count == 1 ? "" : "s")\(expected)")
    }

    private func freshness(
        _ rows: RowBatch, _ column: String, _ maxAge: Duration, _ test: ModelTest, _ model: ModelDefinition,
        isDynamic: Bool
    ) throws(Diagnostic) -> TestVerdict {
        let cell = rows.rowCount > 0 ? rows.cell(row: 0, column: 0) : .null
        if cell == .null { return TestVerdict(passed: false, failures: 1, message: "no row has a time") }
        if case .infiniteTime(let isPast) = cell {
            return freshness(
                passed: !isPast, age: nil, isPast ? "-infinity" : "in the future", maxAge,
                isMasked: masked.contains(column))
        }
        var clock = model.timeZone.flatMap(LocalClock.init)
        let moment: Int64
        do throws(TypingProblem) {
            moment = try Times.moment(cell, of: rows.bytes, isDynamic: isDynamic, &clock)
        } catch {
            throw Self.noTime(column, error, at: test.position)
        }
        let age = now.microseconds - moment
        let place = age < 0 ? "in the future" : "\(Self.span(.seconds(age / 1_000_000))) old"
        return freshness(
            passed: age <= maxAge.microseconds, age: Double(age) / 1_000_000, place, maxAge,
            isMasked: masked.contains(column))
    }

    private func freshness(
        passed: Bool, age: Double?, _ place: String, _ maxAge: Duration, isMasked: Bool
    ) -> TestVerdict {
        guard !isMasked else {
            return TestVerdict(
                passed: passed, failures: passed ? 0 : 1,
                message: passed ? "fresh enough" : "the newest value is older than \(Self.span(maxAge))")
        }
        return TestVerdict(
            passed: passed, failures: passed ? 0 : 1, actual: age,
            message: "the newest value is \(place)" + (passed ? "" : ", at most \(Self.span(maxAge)) expected"))
    }

    private static func noTime(
        _ column: String, _ problem: TypingProblem, at position: Diagnostic.Position
    ) -> Diagnostic {
        if case .noTimeZone = problem {
            return .error(
                "time_zone_missing", "column \(column) holds a time without a zone", at: position,
                hint: "set time_zone: in the model, for example time_zone: UTC")
        }
        return .error(
            "type_mismatch", "column \(column) holds no time that freshness can compare", at: position,
            hint: "select a timestamp, a date, or on SQLite an ISO 8601 text")
    }

    /// In its two largest units: `2h 5m`.
    private static func span(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        if seconds < 1 { return "\(duration.components.attoseconds / 1_000_000_000_000_000)ms" }
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        return parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
}

extension Times {
    /// A timestamp, or a date as its first moment; nothing that only a cast would take.
    fileprivate static func moment(
        _ cell: Cell, of source: [UInt8], isDynamic: Bool, _ clock: inout LocalClock?
    ) throws(TypingProblem) -> Int64 {
        if case .text(let slice) = cell, isDynamic, let day = ISO8601.date(source.span.extracting(slice.range)) {
            return try utc(day * ISO8601.microsecondsPerDay, &clock)
        }
        guard case .date(let day) = cell else { return try timestamp(cell, of: source, isDynamic: isDynamic, &clock) }
        guard ISO8601.days.contains(day) else { throw .yearOutOfRange }
        return try utc(day * ISO8601.microsecondsPerDay, &clock)
    }
}
