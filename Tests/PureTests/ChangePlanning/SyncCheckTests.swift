import SyncCore
import Testing

@testable import ChangePlanning

@Suite("Checking a sync against its prepared statement") struct SyncCheckTests {
    private func findings(
        _ source: SourceType, _ type: AttributeType, cast: Cast? = nil, unit: TimeUnit? = nil,
        column: String = "points",
        key: SourceType = .text, zone: String? = nil, declared: String = "t"
    ) -> [Diagnostic] {
        let bench = PlanningBench(
            mappings: [
                Mapping(
                    origin: .column(column), attribute: PlanningBench.attribute("a", type), cast: cast,
                    castUnit: unit,
                    position: Diagnostic.Position("models/members.yml", line: 7))
            ],
            columns: [
                ColumnDescription(name: "id", type: key, typeName: "k", isNullable: key == .uuid ? true : nil),
                ColumnDescription(name: "points", type: source, typeName: declared),
            ], timeZone: zone)
        return SyncCheck.findings(
            sync: bench.sync, columns: bench.columns, dialect: source == .dynamic ? .sqlite : .postgres)
    }

    @Test("an unknown column is named with its line and the nearest one")
    func unknownColumn() {
        let found = findings(.integer, .integer, column: "ponits")
        #expect(found.map(\.code) == ["unknown_column"])
        #expect(found.first?.position?.line == 7)
        #expect(found.first?.hint == "did you mean points?")
    }

    @Test("a type that can never fit is refused, and a cast is named only where it certainly helps")
    func mismatches() {
        #expect(findings(.integer, .integer).isEmpty)
        #expect(findings(.integer, .string).first?.hint == "add cast: string to the mapping")
        #expect(findings(.integer, .string, cast: .string).isEmpty)
        #expect(findings(.text, .integer).first?.code == "type_mismatch")
        #expect(findings(.text, .integer).first?.hint == nil)
        #expect(findings(.bytes, .string, cast: .string).first?.code == "type_mismatch")
        #expect(findings(.text, .date, cast: .integer).first?.code == "type_mismatch")
        #expect(findings(.double, .string, key: .double).map(\.code) == ["type_mismatch", "type_mismatch"])
    }

    @Test("times without a zone need the model's")
    func timeZones() {
        #expect(findings(.localTimestamp, .timestamp).map(\.code) == ["time_zone_missing"])
        #expect(findings(.localTimestamp, .timestamp, zone: "Europe/Berlin").isEmpty)
    }

    @Test("a column that only pii or a test names is looked for too, once a place")
    func namedColumns() {
        var bench = PlanningBench(
            mappings: [],
            columns: [
                ColumnDescription(name: "id", type: .text, typeName: "text"),
                ColumnDescription(name: "first_name", type: .text, typeName: "text"),
            ])
        bench.sync.model.columnPlaces = [
            ColumnPlace(column: "first_name", position: Diagnostic.Position("models/members.yml", line: 4)),
            ColumnPlace(column: "frist_name", position: Diagnostic.Position("models/members.yml", line: 5, column: 9)),
        ]
        for found in [
            SyncCheck.findings(sync: bench.sync, columns: bench.columns, dialect: .sqlite),
            SyncCheck.findings(model: bench.sync.model, columns: bench.columns),
        ] {
            #expect(found.map(\.code) == ["unknown_column"])
            #expect(found.first?.position == Diagnostic.Position("models/members.yml", line: 5, column: 9))
            #expect(found.first?.hint == "did you mean first_name?")
        }
    }

    @Test("a nullable key is a note, a declared SQLite type a warning")
    func notesAndWarnings() {
        #expect(findings(.integer, .integer, key: .uuid).map(\.severity) == [.note])
        #expect(findings(.dynamic, .integer, declared: "TEXT").map(\.severity) == [.warning])
        #expect(findings(.dynamic, .integer, declared: "").isEmpty)
    }

    @Test(
        "SQLite's declared types are read by its own rules of affinity",
        arguments: [
            ("INT", SQLiteAffinity.integer), ("INTEGER", .integer), ("BIGINT UNSIGNED", .integer), ("int8", .integer),
            ("CHARINT", .integer), ("FLOATING POINT", .integer), ("CHARACTER(20)", .text), ("NVARCHAR(100)", .text),
            ("CLOB", .text), ("text", .text), ("BLOB", .blob), ("", .none), ("ANY", .none), ("REAL", .real),
            ("DOUBLE PRECISION", .real), ("FLOAT", .real), ("NUMERIC", .numeric), ("DECIMAL(10,5)", .numeric),
            ("BOOLEAN", .numeric), ("DATE", .numeric), ("DATETIME", .numeric), ("STRING", .numeric),
        ])
    func affinities(declared: String, affinity: SQLiteAffinity) {
        #expect(SQLiteAffinity(declaredType: declared) == affinity)
    }

    @Test(
        "a declared type warns where its values rarely fit, and nowhere else",
        arguments: [
            ("INTEGER", "0111000"), ("REAL", "0110000"), ("TEXT", "1000111"), ("BLOB", "0000000"),
            ("DATETIME", "1111111"), ("", "1111111"), ("ANY", "1111111"),
        ])
    func declaredTypes(declared: String, silent: String) {
        let types: [AttributeType] = [.string, .integer, .number, .boolean, .date, .timestamp, .stringList]
        for (type, expected) in zip(types, silent) {
            let found = findings(.dynamic, type, declared: declared)
            #expect(found.isEmpty == (expected == "1"), "\(declared) to \(type)")
            #expect(found.allSatisfy { $0.severity == .warning && $0.code == "type_mismatch" })
        }
    }

    @Test("a unit of time says something of numbers and of text, of nothing else")
    func units() {
        #expect(findings(.integer, .timestamp, cast: .timestamp, unit: .epochMillis).isEmpty)
        #expect(findings(.decimal, .date, cast: .date, unit: .julianDay).isEmpty)
        #expect(findings(.text, .timestamp, cast: .timestamp, unit: .epochSeconds).isEmpty)
        #expect(findings(.date, .timestamp, cast: .timestamp, unit: .epochSeconds).map(\.code) == ["type_mismatch"])
        #expect(findings(.timestamp, .date, cast: .date, unit: .epochSeconds).map(\.code) == ["type_mismatch"])
        #expect(findings(.boolean, .date, cast: .date, unit: .epochSeconds).map(\.code) == ["type_mismatch"])
    }

    @Test("a column declared as a real is asked for the unit of its times")
    func unsaidUnits() {
        let found = findings(.dynamic, .timestamp, cast: .timestamp, declared: "REAL")
        #expect(found.map(\.code) == ["time_unit_unsaid"] && found.map(\.severity) == [.warning])
        #expect(
            found.first?.hint
                == "write what it counts: cast: {timestamp: julian_day}, or {timestamp: epoch_seconds}")
        #expect(findings(.dynamic, .date, cast: .date, declared: "DOUBLE").map(\.code) == ["time_unit_unsaid"])
        #expect(findings(.dynamic, .date, cast: .date, unit: .julianDay, declared: "DOUBLE").isEmpty)
        #expect(findings(.dynamic, .timestamp, cast: .timestamp, declared: "INTEGER").isEmpty)
    }
}
