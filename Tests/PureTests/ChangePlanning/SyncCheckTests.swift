import SyncCore
import Testing

@testable import ChangePlanning

@Suite("Checking a sync against its prepared statement") struct SyncCheckTests {
    private func findings(
        _ source: SourceType, _ type: AttributeType, cast: Cast? = nil, column: String = "points",
        key: SourceType = .text, zone: String? = nil, declared: String = "t"
    ) -> [Diagnostic] {
        let bench = PlanningBench(
            mappings: [
                Mapping(
                    origin: .column(column), attribute: PlanningBench.attribute("a", type), cast: cast,
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
}
