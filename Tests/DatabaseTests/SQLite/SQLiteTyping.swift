import ChangePlanning
import SQLDatabases
import SyncCore
import TestKit

/// A SQLite file, and what becomes of the values in its columns `v`.
struct SQLiteTyping {
    let source: SQLiteSource

    /// Makes a file of the script for as long as the body runs.
    static func with<Result>(
        _ script: String, _ body: (SQLiteTyping) async throws -> Result
    ) async throws -> Result {
        try await withScratchFolder { folder async throws in
            let path = folder + "/shop.db"
            try SQLiteConnection(path: path, mode: .create).execute(script)
            return try await body(SQLiteTyping(source: SQLiteSource(name: "shop", path: path)))
        }
    }

    /// The JSON that is sent for each row's `v`, `nothing` for a skipped null, `! reason` for an invalid row.
    func typed(
        _ sql: String, as type: AttributeType, cast: Cast? = nil, unit: TimeUnit? = nil, zone: String? = nil
    ) async throws -> [String] {
        let sync = sync(sql, type, cast, unit, zone)
        let reader = try await source.read(sync.model.statement)
        var preview = try RowPreview(sync: sync, columns: reader.columns, keys: KeyRing(InstallKey([1])))
        var results: [String] = []
        var batch = RowBatch(columnCount: reader.columns.count)
        while let filled = try await reader.next(reusing: batch) {
            results += preview.rows(of: filled).map { row in
                if let invalid = row.invalid { return "! \(invalid.reason)" }
                guard case .value(let value)?? = row.attributes.first else { return "nothing" }
                return value.json
            }
            batch = filled
        }
        await reader.close()
        return results
    }

    /// What `check` says of `v`, as `severity code`.
    func findings(_ sql: String, as type: AttributeType, cast: Cast? = nil, unit: TimeUnit? = nil) async throws
        -> [String]
    {
        let sync = sync(sql, type, cast, unit, nil)
        let columns = try await source.describe(sync.model.statement)
        return SyncCheck.findings(sync: sync, columns: columns, dialect: .sqlite)
            .map { "\($0.severity.rawValue) \($0.code)" }
    }

    private func sync(
        _ sql: String, _ type: AttributeType, _ cast: Cast?, _ unit: TimeUnit?, _ zone: String?
    ) -> SyncDefinition {
        let statement = SQLStatement(text: sql, file: "models/m.sql")
        var model = ModelDefinition(
            name: "m", source: SourceDefinition(name: "shop", kind: .sqlite(path: "")), statement: statement,
            primaryKey: ["id"])
        model.timeZone = zone
        let mapping = Mapping(
            origin: .column("v"), attribute: AttributeDefinition(key: "a", type: type), cast: cast, castUnit: unit)
        return SyncDefinition(
            name: "s", model: model, destination: DestinationDefinition(name: "d", projectUID: "p"),
            match: MatchKey(column: "id"), mappings: [mapping])
    }
}
