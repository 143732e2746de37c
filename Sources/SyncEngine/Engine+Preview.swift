import ChangePlanning
package import SyncCore

/// Typed rows of a model as text, for a table.
package struct ModelPreview: Sendable {
    package var columns: [String]
    package var rows: [[String]]
}

extension Engine {
    /// The first rows of a model: its keys as read, then each attribute as it would be sent, and why a row would not
    /// be. Personal values are masked. A model without a sync shows its columns.
    package func preview(_ model: ModelDefinition, limit: Int) async throws(SourceFailure) -> ModelPreview {
        let source: any Source
        do { source = try environment.source(model.source) } catch { throw SourceFailure(.statement, error) }
        let reader = try await source.read(model.statement)
        let result: Result<ModelPreview, SourceFailure>
        do throws(SourceFailure) {
            var preview = try PreviewTable(
                model: model, syncs: environment.project.syncs.filter { $0.model.name == model.name },
                columns: reader.columns, keys: environment.keys)
            var batch = RowBatch(columnCount: reader.columns.count)
            while preview.rows.count < limit, let next = try await reader.next(reusing: batch) {
                preview.add(next, limit: limit)
                batch = next
            }
            result = .success(ModelPreview(columns: preview.heading, rows: preview.rows))
        } catch {
            result = .failure(error)
        }
        await reader.close()
        return try result.get()
    }
}

/// Collects the rows of a preview over all syncs of the model.
private struct PreviewTable {
    let heading: [String]
    private(set) var rows: [[String]] = []
    private var previews: [RowPreview] = []
    private let columns: [ColumnDescription]
    private let keyColumns: [Int]
    private let model: ModelDefinition
    private let keys: KeyRing

    init(
        model: ModelDefinition, syncs: [SyncDefinition], columns: [ColumnDescription], keys: KeyRing
    ) throws(SourceFailure) {
        self.model = model
        self.columns = columns
        self.keys = keys
        // A column that `pii` misspells would be shown in clear.
        let findings = SyncCheck.findings(model: model, columns: columns)
        if let finding = findings.first(where: { $0.code == "unknown_column" }) {
            throw SourceFailure(.statement, finding)
        }
        for sync in syncs {
            do {
                previews.append(try RowPreview(sync: sync, columns: columns, keys: keys))
            } catch {
                throw SourceFailure(.statement, error)
            }
        }
        let keyNames = Set(model.primaryKey + syncs.map(\.match.column))
        keyColumns = previews.isEmpty ? [] : columns.indices.filter { keyNames.contains(columns[$0].name) }
        heading =
            previews.isEmpty
            ? columns.map(\.name)
            : keyColumns.map { columns[$0].name } + previews.flatMap(\.attributes) + ["invalid"]
    }

    mutating func add(_ batch: RowBatch, limit: Int) {
        let room = limit - rows.count
        guard !previews.isEmpty else {
            let plain = RowPreview.plainRows(
                of: batch, columns: columns, piiColumns: model.piiColumns, keys: keys)
            rows += plain.prefix(room).map { $0.map { $0 ?? "NULL" } }
            return
        }
        let typed = previews.indices.map { previews[$0].rows(of: batch) }
        for row in 0..<min(room, batch.rowCount) {
            let keys = keyColumns.map { typed[0][row].columns[$0] ?? "NULL" }
            let values = zip(previews, typed).flatMap { preview, rows in
                rows[row].invalid == nil
                    ? rows[row].attributes.map { $0?.text ?? "" } : preview.attributes.map { _ in "" }
            }
            let reasons = typed.compactMap { $0[row].invalid }.map { "\($0.column ?? "row"): \($0.reason)" }
            rows.append(keys + values + [reasons.joined(separator: "; ")])
        }
    }
}

extension ShownValue {
    /// Text without quotes; a mask as it is.
    fileprivate var text: String {
        if case .string(let text) = attributeValue { return text }
        return attributeValue.json
    }
}
