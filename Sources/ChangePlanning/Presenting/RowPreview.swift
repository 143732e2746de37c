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

    /// Masks what the sync itself makes personal, and the columns named by `masked`. Throws `unknown_column`.
    package init(
        sync: SyncDefinition, columns: [ColumnDescription], keys: KeyRing, masked: Set<String> = []
    ) throws(Diagnostic) {
        typer = try RowTyper(sync: sync, columns: columns)
        misfits = MisfitReport(sync: sync, typer: typer, keys: keys)
        maskedColumns = misfits.maskedColumns.union(columns.indices.filter { masked.contains(columns[$0].name) })
        self.columns = columns.map(\.name)
        attributes = typer.mappings.map(\.key)
        self.keys = keys
    }

    package mutating func rows(of batch: RowBatch) -> [Row] {
        (0..<batch.rowCount).map { row in
            let cells = (0..<batch.columnCount).map { column -> String? in
                Self.shown(
                    batch.cell(row: row, column: column), of: batch, keys, isMasked: maskedColumns.contains(column))
            }
            if let misfit = typer.type(row: row, of: batch) {
                let invalid = misfits.row(misfit, row: row, of: batch, typer: typer)
                return Row(columns: cells, attributes: [], invalid: invalid)
            }
            return Row(columns: cells, attributes: values(), invalid: nil)
        }
    }

    /// An attribute is masked when it is personal, and when a column that feeds it is: a second attribute would show
    /// what the first one hides.
    private func values() -> [ShownValue?] {
        var offset = RowTyper.digestSize
        return typer.mappings.map { mapping in
            defer { offset = typer.canonical.canonicalEnd(at: offset) }
            guard let value = typer.canonical.canonicalValue(at: offset) else { return nil }
            let isMasked = mapping.isProtected || !maskedColumns.isDisjoint(with: mapping.columns)
            guard isMasked, !value.isNull else { return .value(value) }
            return .masked(keys.mask(valueFingerprint: keys.valueFingerprint(attribute: mapping.key, value)))
        }
    }

    /// The columns of a model whose values nobody may read: its own `pii` list, what feeds a pii attribute of any of
    /// its syncs, and the keys of a sync whose uid is personal.
    package static func maskedColumns(of model: ModelDefinition, syncs: [SyncDefinition]) -> Set<String> {
        var masked = Set(model.piiColumns)
        for sync in syncs {
            if sync.match.isPII { masked.formUnion(model.primaryKey + [sync.match.column]) }
            for mapping in sync.mappings where mapping.attribute.isPII { masked.formUnion(mapping.origin.columns) }
        }
        return masked
    }

    /// The rows of a model without a sync: their columns as text.
    package static func plainRows(
        of batch: RowBatch, columns: [ColumnDescription], masked: Set<String>, keys: KeyRing
    ) -> [[String?]] {
        (0..<batch.rowCount).map { row in
            columns.indices.map { column in
                shown(
                    batch.cell(row: row, column: column), of: batch, keys,
                    isMasked: masked.contains(columns[column].name))
            }
        }
    }

    /// The whole text, however long: whoever prints it cuts it. Nil for NULL.
    private static func shown(_ cell: Cell, of batch: RowBatch, _ keys: KeyRing, isMasked: Bool) -> String? {
        guard let text = text(of: cell, in: batch) else { return nil }
        return isMasked ? keys.mask(text) : text
    }

    static func text(of cell: Cell, in batch: RowBatch) -> String? {
        switch cell {
        case .null: nil
        case .text(let slice), .json(let slice), .other(let slice), .bigDecimal(let slice):
            String(decoding: batch.slice(slice), as: UTF8.self)
        default: cell.text(of: batch)
        }
    }
}
