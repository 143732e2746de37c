import CLibPQ
import SyncCore

/// A model's statement as the server prepared it: its columns, and how their cells are read.
struct PreparedModel: Sendable {
    let columns: [ColumnDescription]
    private let decoders: [PGDecoder]
    private let wrapped: WrappedModel
    /// Of its parameters, in text.
    private let values: [String]

    /// Prepares the user's own text first, so that errors point into it, and then a SELECT around it. That second one
    /// is what runs: PostgreSQL takes nothing that writes inside it, and columns without a decoder are cast to one that has.
    init(
        _ outline: SQLOutline, values: [String], on connection: PGConnection, _ diagnosis: PostgresDiagnosis,
        isCancelled: () -> Bool
    ) throws(SourceFailure) {
        let described: [PGColumn]
        let parameterCount: Int
        let types: [PostgresType]
        do throws(PGError) {
            guard let statement = diagnosis.statement else {
                preconditionFailure("a model is prepared from a statement")
            }
            try connection.prepare(statement.text)
            (described, parameterCount) = try connection.describe()
            types = try PostgresCatalogue.types(of: described, on: connection)
        } catch {
            if isCancelled() { throw diagnosis.cancelled }
            if let hidden = Self.hidden(error, on: connection, diagnosis) { throw hidden }
            throw ModelGate.preparing(error, outline, diagnosis)
        }
        try ModelGate.check(outline, columns: described.count, parameters: parameterCount - values.count, diagnosis)
        let origins: [PostgresCatalogue.Origin]
        do throws(PGError) {
            origins = try PostgresCatalogue.origins(of: described, outline, on: connection)
        } catch { throw isCancelled() ? diagnosis.cancelled : diagnosis.failure(error, .preparing) }
        let wrapped = WrappedModel(
            outline.statement, columns: described, types: types, areStored: origins.map(\.isStored))
        do throws(PGError) { try connection.prepare(wrapped.text) } catch {
            if isCancelled() { throw diagnosis.cancelled }
            throw ModelGate.wrapping(error, outline, prefix: wrapped.prefixLength, diagnosis)
        }
        self.wrapped = wrapped
        self.values = values
        decoders = types.map(\.decoder)
        columns = described.indices.map {
            ColumnDescription(
                name: described[$0].name, type: types[$0].sourceType, typeName: types[$0].name,
                isNullable: origins[$0].isNullable)
        }
    }

    /// Why a table was not found, where a closed schema of the search path has it. Ends the transaction.
    private static func hidden(
        _ error: PGError, on connection: PGConnection, _ diagnosis: PostgresDiagnosis
    ) -> SourceFailure? {
        guard error.sqlState == "42P01", let text = diagnosis.statement?.text else { return nil }
        do throws(PGError) {
            try connection.execute("ROLLBACK")
            let objects = PostgresObjects(connection: connection)
            guard let found = try objects.hiddenTable(error, text), let schema = try objects.closedSchema(found.schema),
                let role = try connection.execute("SELECT pg_catalog.quote_ident(current_user)").text(row: 0, column: 0)
            else { return nil }
            return diagnosis.hidden(
                SQLDialect.postgres.quoted(found.name), schema: schema, role: role,
                atScalar: error.position.map { $0 - 1 })
        } catch {
            // What it was in the first place is said.
            return nil
        }
    }

    /// Opening a cursor makes the server plan the model and check what it may read, and gives no row.
    func check(on connection: PGConnection, _ diagnosis: PostgresDiagnosis) throws(SourceFailure) {
        let cursor = "DECLARE headrace_check NO SCROLL CURSOR FOR "
        do throws(PGError) { try connection.execute(cursor + wrapped.text, values) } catch {
            throw diagnosis.failure(error, .preparing, prefix: cursor.unicodeScalars.count + wrapped.prefixLength)
        }
    }

    /// Appends the cells of a row; returns the column whose bytes are no value of its type, nil when all are.
    @inline(__always)
    func decode(_ result: borrowing PGResult, into batch: inout RowBatch) -> Int? {
        for column in 0..<decoders.count {
            guard let bytes = result.bytes(row: 0, column: Int32(truncatingIfNeeded: column)) else {
                batch.cells.append(.null)
                continue
            }
            guard let cell = decoders[column].decode(bytes, into: &batch) else { return column }
            batch.cells.append(cell)
        }
        return nil
    }
}

/// The SELECT around a model. Its columns get names of ours, since a model may give two the same. Where the guard looks
/// at what an expression makes, the server is kept from putting the expression in the place of each mention of it, and
/// so from running it twice a row: it takes no SELECT with an OFFSET apart.
struct WrappedModel: Sendable {
    let text: String
    /// Scalars before the user's first.
    let prefixLength: Int

    init(_ statement: String, columns: [PGColumn], types: [PostgresType], areStored: [Bool]) {
        let names = types.indices.map { "c\($0 + 1)" }
        var values = zip(names, types).map { name, type in
            switch type.form {
            case .own: name
            case .text: "\(name)::pg_catalog.text"
            case .textArray: "\(name)::pg_catalog.text[]"
            }
        }
        let rowGuard = RowGuard(names, columns: columns, types: types)
        if let rowGuard { values.append(rowGuard.expression) }
        let isFenced = rowGuard?.columns.contains { !areStored[$0] } == true
        let prefix =
            "SELECT \(values.joined(separator: ", ")) FROM (\n" + (isFenced ? "SELECT * FROM (\n" : "")
        text =
            prefix + statement + (isFenced ? "\n) AS headrace_rows OFFSET 0" : "")
            + "\n) AS model(\(names.joined(separator: ", ")))"
        prefixLength = prefix.unicodeScalars.count
    }
}

/// The statuses of a result as comparable constants.
enum PGStatus {
    static let singleRow = PGRES_SINGLE_TUPLE
    static let complete = PGRES_TUPLES_OK
}
