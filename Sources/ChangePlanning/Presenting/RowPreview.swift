package import SyncCore

/// Rows as `preview` shows them: what would be sent, or why a row would not be; masked where personal.
package struct RowPreview: Sendable {
    package struct Row: Sendable, Hashable {
        /// A cell a column, as text; nil for NULL.
        package var columns: [String?]
        /// A value an attribute of `attributes`; nil where nothing would be sent. Empty for an invalid row.
        package var attributes: [ShownValue?]
        package var invalid: InvalidRow?
    }

    package let columns: [String]
    package let attributes: [String]
    private var typer: RowTyper
    private let misfits: MisfitReport
    private let maskedColumns: Set<Int>
    private let keys: KeyRing

    /// Throws `unknown_column`.
    package init(sync: SyncDefinition, columns: [ColumnDescription], keys: KeyRing) throws(Diagnostic) {
        typer = try RowTyper(sync: sync, columns: columns)
        misfits = MisfitReport(sync: sync, typer: typer, keys: keys)
        maskedColumns = misfits.maskedColumns
        self.columns = columns.map(\.name)
        attributes = typer.mappings.map(\.key)
        self.keys = keys
    }

    package mutating func rows(of batch: RowBatch) -> [Row] {
        (0..<batch.rowCount).map { row in
            let cells = (0..<batch.columnCount).map { column -> String? in
                let cell = batch.cell(row: row, column: column)
                if cell == .null { return nil }
                let text = cell.text(of: batch)
                return maskedColumns.contains(column) ? keys.mask(text) : text
            }
            if let misfit = typer.type(row: row, of: batch) {
                let invalid = misfits.row(misfit, row: row, of: batch, typer: typer)
                return Row(columns: cells, attributes: [], invalid: invalid)
            }
            return Row(columns: cells, attributes: values(), invalid: nil)
        }
    }

    private func values() -> [ShownValue?] {
        var offset = RowTyper.digestSize
        return typer.mappings.map { mapping in
            defer { offset = typer.canonical.canonicalEnd(at: offset) }
            guard let value = typer.canonical.canonicalValue(at: offset) else { return nil }
            guard mapping.isProtected, !value.isNull else { return .value(value) }
            return .masked(keys.mask(valueFingerprint: keys.valueFingerprint(attribute: mapping.key, value)))
        }
    }

    /// A row of a model without a sync: its columns as text, `model.pii` masked.
    package static func plainRows(of batch: RowBatch, columns: [ColumnDescription], piiColumns: [String], keys: KeyRing)
        -> [[String?]]
    {
        (0..<batch.rowCount).map { row in
            columns.indices.map { column in
                let cell = batch.cell(row: row, column: column)
                if cell == .null { return nil }
                let text = cell.text(of: batch)
                return piiColumns.contains(columns[column].name) ? keys.mask(text) : text
            }
        }
    }
}
