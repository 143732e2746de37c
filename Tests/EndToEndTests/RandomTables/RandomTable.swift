/// A table of random columns and rows, and the project that syncs all of them.
struct RandomTable: Sendable {
    struct Column: Sendable {
        var kind: ColumnKind
        /// What `on_null` says: nil is skip.
        var onNull: String?
    }

    let columns: [Column]
    let rows: [[GeneratedValue]]

    init(seed: UInt64, rows count: Int) {
        var values = RandomValues(random: SeededGenerator(seed: seed))
        var columns: [Column] = []
        for kind in ColumnKind.all.shuffled(using: &values.random).prefix(12) {
            columns.append(Column(kind: kind, onNull: values.pick([nil, "null", kind.constant.written])))
        }
        var rows: [[GeneratedValue]] = []
        for _ in 0..<count {
            rows.append(
                columns.map { column in
                    if values.happens(0.08) { return .null }
                    return values.happens(0.002) ? .blob : column.kind.make(&values)
                })
        }
        (self.columns, self.rows) = (columns, rows)
    }

    static func uid(_ row: Int) -> String { "user-\(row)" }

    /// By attribute; nil for a row that is not sent.
    func expected(row: Int, on engine: Engine) -> [String: ExpectedAttribute]? {
        var attributes: [String: ExpectedAttribute] = ["origin": .text("random")]
        for (index, column) in columns.enumerated() {
            var expected = ExpectedAttribute(rows[row][index], column.kind, on: engine)
            if expected == .invalid { return nil }
            if expected == .nothing, let constant = column.onNull, constant != "null" {
                expected = column.kind.constant.expected
            }
            attributes["a\(index)"] = expected
        }
        return attributes
    }

    func project(_ projectUID: String, source: String) -> MembersProject {
        var project = MembersProject()
        project.projectUID = projectUID
        project.source = source
        project.destination = ["max_in_flight: 64"]
        project.sql = "SELECT id, uid, \(columns.indices.map { "c\($0)" }.joined(separator: ", ")) FROM t\n"
        project.model = ["time_zone: Europe/Berlin"]
        project.attributes = columns.enumerated().map { "a\($0): {\($1.kind.attribute)}" } + ["origin: {type: string}"]
        project.mappings =
            columns.enumerated().map { index, column in
                let onNull = column.onNull.map { ", on_null: \($0)" } ?? ""
                return "{column: c\(index), attribute: a\(index)\(column.kind.mapping)\(onNull)}"
            } + ["{value: random, attribute: origin}"]
        return project
    }

    var description: String {
        columns.map { "\($0.kind.name) (\($0.onNull ?? "skip"))" }.joined(separator: ", ")
    }
}
