import ChangePlanning
import Foundation
import SQLDatabases
import SyncCore

/// Reads a statement's rows as a run does, and throws them away:
/// `read-benchmark postgres URL SQL` or `read-benchmark sqlite PATH SQL`, with `HEADRACE_TYPE=1` also typing each against
/// attributes of the columns' own types. Prints how many rows there were and how many of them fit.
@main struct ReadBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else {
            FileHandle.standardError.write(Data("usage: read-benchmark postgres|sqlite URL|PATH SQL\n".utf8))
            exit(2)
        }
        let source: any Source
        let kind: SourceDefinition.Kind
        if arguments[1] == "postgres" {
            let url = Secret(arguments[2])
            kind = .postgres(url: url, allowSuperuser: false)
            source = PostgresSource(name: "bench", url: url, allowSuperuser: false, statementTimeout: nil)
        } else {
            kind = .sqlite(path: arguments[2])
            source = SQLiteSource(name: "bench", path: arguments[2])
        }
        let statement = SQLStatement(text: arguments[3], file: "bench.sql")
        let reader = try await source.read(statement)
        let model = ModelDefinition(
            name: "bench", source: SourceDefinition(name: "bench", kind: kind), statement: statement,
            primaryKey: [reader.columns[0].name])
        let typer = try RowTyper(
            sync: SyncDefinition(
                name: "bench", model: model, destination: DestinationDefinition(name: "d", projectUID: "p"),
                match: MatchKey(column: reader.columns[0].name),
                mappings: reader.columns.dropFirst().map(mapping)), columns: reader.columns)
        let isTyping = ProcessInfo.processInfo.environment["HEADRACE_TYPE"] == "1"
        let (rows, fitting) = try await read(reader, isTyping ? typer : nil)
        print("rows \(rows) fitting \(fitting)")
    }

    private static func read(_ reader: any RowReader, _ typer: RowTyper?) async throws -> (rows: Int, fitting: Int) {
        var typer = typer
        var (rows, fitting) = (0, 0)
        try await reader.eachBatch { batch in
            rows += batch.rowCount
            for row in 0..<batch.rowCount where typer?.fits(row: row, of: batch) == true { fitting += 1 }
        }
        await reader.close()
        return (rows, fitting)
    }

    /// What a project of these columns would say.
    private static func mapping(_ column: ColumnDescription) -> Mapping {
        let (type, cast): (AttributeType, Cast?) =
            switch (column.type, column.typeName.uppercased()) {
            case (.boolean, _), (.dynamic, "BOOLEAN"): (.boolean, nil)
            case (.integer, _), (.dynamic, "INTEGER"): (.integer, nil)
            case (.decimal, _), (.double, _), (.float, _), (.dynamic, "REAL"): (.number, nil)
            case (.dynamic, "NUMERIC"): (.number, .number)
            case (.date, _), (.dynamic, "DATE"): (.date, nil)
            case (.timestamp, _), (.dynamic, "TIMESTAMP"): (.timestamp, nil)
            case (.textArray, _), (.dynamic, "JSON LIST"): (.stringList, nil)
            case (.json, _), (.dynamic, "JSON"): (.string, .jsonText)
            case (.text, _): (.string, nil)
            default: (.string, .string)
            }
        return Mapping(
            origin: .column(column.name), attribute: AttributeDefinition(key: column.name, type: type), cast: cast)
    }
}
