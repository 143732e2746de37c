import ChangePlanning
import SQLDatabases
import SyncCore
import TestKit

/// One value of a real server mapped to an attribute, and what becomes of it.
struct PostgresOutcome: Sendable {
    /// An SQL expression.
    var value: String
    var type: AttributeType
    var cast: Cast?
    /// The model's `time_zone`.
    var zone: String?
    /// The JSON that is sent; `! reason` where the row is invalid; `refused`, and the hint after a colon, where `check`
    /// lets no row be read.
    var expected: String

    init(_ value: String, _ type: AttributeType, in zone: String? = nil, _ expected: String) {
        (self.value, self.type, self.zone, self.expected) = (value, type, zone, expected)
    }

    init(_ value: String, _ type: AttributeType, _ cast: Cast, in zone: String? = nil, _ expected: String) {
        (self.value, self.type, self.cast, self.zone, self.expected) = (value, type, cast, zone, expected)
    }

    /// Reads all values in one row and types each for itself.
    static func actual(_ outcomes: [PostgresOutcome], from source: PostgresSource) async throws -> [String] {
        let values = outcomes.enumerated().map { "\($1.value) AS v\($0)" }
        let statement = SQLStatement.model("SELECT 'u' AS uid, \(values.joined(separator: ",\n"))")
        let columns = try await source.describe(statement)
        let reader = try await source.read(statement)
        let batch = try await reader.next(reusing: RowBatch(columnCount: columns.count))
        await reader.close()
        guard let batch, batch.rowCount == 1 else { return [] }
        return try outcomes.enumerated().map { try $1.actual(column: "v\($0)", columns, batch) }
    }

    private func actual(column: String, _ columns: [ColumnDescription], _ batch: RowBatch) throws -> String {
        let sync = sync(of: column)
        let findings = SyncCheck.findings(sync: sync, columns: columns, dialect: .postgres)
        if let finding = findings.first(where: { $0.severity == .error }) {
            return finding.hint.map { "refused: \($0)" } ?? "refused"
        }
        var preview = try RowPreview(sync: sync, columns: columns, keys: KeyRing(InstallKey([1])))
        let row = preview.rows(of: batch)[0]
        if let invalid = row.invalid { return "! \(invalid.reason)" }
        guard case .value(let value)?? = row.attributes.first else { return "nothing" }
        return value.json
    }

    private func sync(of column: String) -> SyncDefinition {
        var model = ModelDefinition(
            name: "m", source: SourceDefinition(name: "warehouse", kind: .sqlite(path: "")), statement: .model(""),
            primaryKey: ["uid"])
        model.timeZone = zone
        let mapping = Mapping(
            origin: .column(column), attribute: AttributeDefinition(key: "a", type: type), cast: cast)
        return SyncDefinition(
            name: "s", model: model, destination: DestinationDefinition(name: "d", projectUID: "p"),
            match: MatchKey(column: "uid"), mappings: [mapping])
    }
}
