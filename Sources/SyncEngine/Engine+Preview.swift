package import ChangePlanning
package import SyncCore

/// The first rows of a model, as each of its syncs would send them; masked where personal.
package struct ModelPreview: Sendable {
    /// What one sync makes of a row.
    package struct Typed: Sendable, Hashable {
        /// A value an attribute of the sync, nil where nothing would be sent; empty for an invalid row.
        package var attributes: [ShownValue?]
        package var invalid: InvalidRow?
    }

    package struct Row: Sendable, Hashable {
        /// A cell a column of the model as text; nil for NULL.
        package var columns: [String?]
        /// In the order of `syncs`.
        package var typed: [Typed]
    }

    package var columns: [String]
    /// Places in `columns` of the primary key and the uids.
    package var keyColumns: [Int]
    /// The model's syncs with the attributes that each maps.
    package var syncs: [(name: String, attributes: [String])]
    package var rows: [Row] = []
}

extension Engine {
    /// What `check` finds of a model and its syncs.
    package func checkPreview(of model: ModelDefinition) async -> CheckOutcome {
        await StatementCheck(source: environment.source, destination: environment.destination)
            .outcome(syncs: syncs(of: model), models: [model])
    }

    /// The first rows of a model: its columns as read, then each attribute as it would be sent, and why a row would not
    /// be. Throws `.statement` also for two columns of one name, which nothing could tell apart.
    package func preview(_ model: ModelDefinition, limit: Int) async throws(SourceFailure) -> ModelPreview {
        do throws(SourceFailure) {
            return try await read(model, limit: limit)
        } catch {
            var failure = error
            // As `check` has it: a source that cannot be asked is found where headrace.yml defines it.
            failure.diagnostic.position = failure.diagnostic.position ?? model.source.position
            throw failure
        }
    }

    private func read(_ model: ModelDefinition, limit: Int) async throws(SourceFailure) -> ModelPreview {
        let source: any Source
        do { source = try environment.source(model.source) } catch { throw SourceFailure(.statement, error) }
        let reader = try await source.read(model.statement)
        let result: Result<ModelPreview, SourceFailure>
        do throws(SourceFailure) {
            var rows = try PreviewRows(
                model: model, syncs: syncs(of: model), columns: reader.columns, keys: environment.keys)
            var batch = RowBatch(columnCount: reader.columns.count)
            while rows.preview.rows.count < limit, let next = try await reader.next(reusing: batch) {
                rows.add(next, limit: limit)
                batch = next
            }
            result = .success(rows.preview)
        } catch {
            result = .failure(error)
        }
        await reader.close()
        return try result.get()
    }

    private func syncs(of model: ModelDefinition) -> [SyncDefinition] {
        environment.project.syncs.filter { $0.model.name == model.name }
    }
}

/// Collects the rows of a preview over all syncs of the model.
private struct PreviewRows {
    private(set) var preview: ModelPreview
    private var typers: [RowPreview] = []
    private let columns: [ColumnDescription]
    private let masked: Set<String>
    private let keys: KeyRing

    init(
        model: ModelDefinition, syncs: [SyncDefinition], columns: [ColumnDescription], keys: KeyRing
    ) throws(SourceFailure) {
        self.columns = columns
        self.keys = keys
        masked = RowPreview.maskedColumns(of: model, syncs: syncs)
        let names = columns.map(\.name)
        if let repeated = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw SourceFailure(
                .statement,
                .error(
                    "duplicate_column", "the model has \(names.count { $0 == repeated }) columns named \(repeated)",
                    at: model.statement.start, hint: "give each its own name with AS"))
        }
        for sync in syncs {
            do { typers.append(try RowPreview(sync: sync, columns: columns, keys: keys, masked: masked)) } catch {
                throw SourceFailure(.statement, error)
            }
        }
        let keyNames = Set(model.primaryKey + syncs.map(\.match.column))
        preview = ModelPreview(
            columns: names, keyColumns: names.indices.filter { keyNames.contains(names[$0]) },
            syncs: zip(syncs, typers).map { ($0.name, $1.attributes) })
    }

    mutating func add(_ batch: RowBatch, limit: Int) {
        let cells = RowPreview.plainRows(of: batch, columns: columns, masked: masked, keys: keys)
        let typed = typers.indices.map { typers[$0].rows(of: batch) }
        for row in 0..<min(limit - preview.rows.count, batch.rowCount) {
            preview.rows.append(
                ModelPreview.Row(
                    columns: cells[row],
                    typed: typed.map {
                        ModelPreview.Typed(attributes: $0[row].attributes, invalid: $0[row].invalid)
                    }))
        }
    }
}
