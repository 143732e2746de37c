package import SyncCore

/// The diff of one read against the snapshot, batch by batch. Call in this order: `load` until the snapshot is in;
/// for each batch `consume`, then `resolve` with the users it asked for; `nextUnseen` and `resolveUnseen` until nil;
/// `finish`. Chunks go to the state in the order they come.
package struct ChangePlanner: Sendable {
    /// A row of the current batch that is not plainly unchanged.
    struct Pending {
        var entry: Int
        var uid: [UInt8]
        var primaryKey: [UInt8]
        var order: [FirstKeys.Part]
        var canonical: [UInt8]
        var fingerprint: Fingerprint
    }

    let sync: SyncDefinition
    let keys: KeyRing
    let retainsValues: Bool
    let options: PlanOptions
    var typer: RowTyper
    /// Nil where every row is to be typed.
    private var digester: RowDigester?
    let misfits: MisfitReport
    var table: DiffTable
    var primaryKeys = PrimaryKeyTable()
    var pending: [Pending] = []
    /// Users of the snapshot whose operation or settlement, if any, this batch took back.
    var withdrawnUsers: Set<KeyHash> = []
    /// What the rows of the batch themselves add to its chunk: invalid rows and withdrawals.
    var chunk = PlanChunk()
    var rows = RowCounts()
    var planned = 0
    var measuring: Measuring
    var firstKeys: FirstKeys?
    var invalidSample: [InvalidRow] = []
    private var reportedInvalid = 0
    /// Rows shared a primary key or a user uid.
    package private(set) var hasRepeatedKeys = false
    /// A row has the user that `--key` names.
    private var hasSelectedRow = false
    var unseenCursor = 0
    private(set) var loadedUsers = 0
    /// What other parts have to do with this one, where the users are diffed in parts.
    var partition = PartitionMemory()
    /// Kept by the state; more are only counted.
    private static let reportedInvalidRows = 1000

    /// Throws `unknown_column`; run `SyncCheck` first for all findings. `expectedUsers` sizes the table. `rules` is the
    /// text of the definitions that typing goes by: rows that are as they were last, under equal rules, are not typed
    /// again. Nil types every row.
    package init(
        sync: SyncDefinition, columns: [ColumnDescription], keys: KeyRing, retainsValues: Bool = true,
        options: PlanOptions = PlanOptions(), expectedUsers: Int = 0, rules: String? = nil
    ) throws(Diagnostic) {
        self.sync = sync
        self.keys = keys
        self.retainsValues = retainsValues
        self.options = options
        typer = try RowTyper(sync: sync, columns: columns, retainsValues: retainsValues)
        misfits = MisfitReport(sync: sync, typer: typer, keys: keys)
        if let rules {
            digester = keys.rowDigester(rules: typer.rules(definitions: rules), columns: typer.usedColumns)
        }
        table = DiffTable(expectedUsers: expectedUsers, rules: digester?.rules)
        measuring = Measuring(attributeCount: typer.mappings.count)
        firstKeys = options.limit.map(FirstKeys.init)
    }

    /// Takes in part of the snapshot's index, before the first batch.
    package mutating func load(_ entries: [SnapshotIndexEntry]) {
        for entry in entries { table.load(entry) }
        loadedUsers = table.count
    }

    /// Users of the snapshot whose write may be under way, after the last `load`.
    package mutating func markDirty(_ users: [KeyHash]) {
        for user in users {
            if let entry = table.find(user) { table.states[entry].isDirty = true }
        }
    }

    /// Types and classifies a batch. Returns the users whose snapshot values `resolve` must be given.
    package mutating func consume(_ batch: RowBatch) -> [KeyHash] {
        var asked: [KeyHash] = []
        pending.removeAll(keepingCapacity: true)
        for row in 0..<batch.rowCount { consume(row: row, of: batch, asking: &asked) }
        return asked + withdrawnUsers
    }

    private mutating func consume(row: Int, of batch: RowBatch, asking asked: inout [KeyHash]) {
        rows.queried += 1
        var misfit = typer.readKeys(row: row, of: batch)
        if options.key != nil, !hasSelectedRow {
            hasSelectedRow = options.selects(uid: typer.uid, primaryKey: typer.primaryKey)
        }
        let entry = typer.hasUID ? table.findOrInsert(keys.keyHash(of: typer.uid)) : nil
        let seen = entry.map { table.states[$0].row } ?? .unseen
        let repeated = claimKeys(entry: entry, isRepeatedUID: seen != .unseen)
        let digest = misfit == nil ? digester?.digest(row: row, of: batch) : nil
        if let entry, let digest, repeated == nil, isKept(entry), table.rowDigests[entry] == digest.cells {
            typer.readNulls(row: row, of: batch)
            return countUnchanged(entry)
        }
        misfit = misfit ?? typer.typeValues(row: row, of: batch)
        guard misfit == nil, repeated == nil, let entry else {
            if repeated != nil { hasRepeatedKeys = true }
            rows.invalid += 1
            if let entry, seen == .unseen {
                table.states[entry].row = .invalid
                if table.states[entry].isInSnapshot { asked.append(table.key(entry)) }
            }
            if let found = misfit ?? repeated { report(misfits.row(found, row: row, of: batch, typer: typer)) }
            return
        }
        let fingerprint = keys.fingerprint(of: typer.canonical)
        // A digest of other rules than now's is replaced, so that the next run can do without typing again.
        let isDigested = digest == nil || table.rowDigests[entry] != 0
        if isKept(entry), isDigested, table.fingerprints[entry] == fingerprint { return countUnchanged(entry) }
        table.states[entry].row = .pending
        if table.states[entry].isInSnapshot { asked.append(table.key(entry)) }
        pending.append(
            Pending(
                entry: entry, uid: typer.uid, primaryKey: typer.primaryKey,
                order: firstKeys == nil ? [] : typer.order(row: row, of: batch), canonical: typer.canonical,
                fingerprint: Fingerprint(values: fingerprint, row: digest)))
    }

    /// A user whose values the destination has, unless its row says otherwise.
    private func isKept(_ entry: Int) -> Bool {
        table.states[entry].isConfirmed && !table.states[entry].isDirty && !options.fullResync
    }

    private mutating func countUnchanged(_ entry: Int) {
        table.states[entry].row = .unchanged
        rows.unchanged += 1
        measuring.addUnchanged(absent: typer.absent, nulls: typer.nulls)
    }

    /// Whether another row had the uid or the primary key; that row is then withdrawn.
    private mutating func claimKeys(entry: Int?, isRepeatedUID: Bool) -> RowTyper.Misfit? {
        var repeated: RowTyper.Misfit?
        if isRepeatedUID, let entry {
            repeated = RowTyper.Misfit(column: typer.matchColumn, problem: .repeatedUID)
            withdraw(entry, key: typer.hasOwnPrimaryKey ? "uid:\(text(typer.uid))" : text(typer.uid), repeated)
        }
        guard typer.hasPrimaryKey, typer.hasOwnPrimaryKey else { return repeated }
        let keyText = keys.keyHash(of: typer.primaryKey)
        let hasParts = typer.keyColumns.count > 1
        let key = hasParts ? keys.keyHash(of: typer.primaryKeyParts) : keyText
        let claim = primaryKeys.claim(key, text: hasParts ? keyText : nil, by: entry)
        guard claim != .first || partition.repeatedKeys.contains(key) else { return repeated }
        let misfit = RowTyper.Misfit(column: typer.keyColumns[0], problem: .repeatedKey)
        if case .repeated(let owner?) = claim { withdraw(owner, key: text(typer.primaryKey), misfit) }
        return repeated ?? misfit
    }

    /// Takes back what the plan has of a user whose row turned out not to be alone. A third row finds nothing left.
    private mutating func withdraw(_ entry: Int, key: String, _ misfit: RowTyper.Misfit?) {
        let state = table.states[entry]
        switch state.row {
        case .unseen, .invalid: return
        case .unchanged: rows.unchanged -= 1
        case .added: rows.added -= 1
        case .changed: rows.changed -= 1
        case .pending: break
        }
        rows.invalid += 1
        if state.row != .pending {
            if state.isInSnapshot { withdrawnUsers.insert(table.key(entry)) }
            measuring.withdraw(
                isChanged: state.row == .changed, differences: table.differences[entry], nulled: table.nulled[entry])
        }
        if state.isPlanned { planned -= 1 }
        if state.isPlanned || state.isSettled { chunk.withdrawn.append(table.key(entry)) }
        table.states[entry].row = .invalid
        (table.states[entry].isPlanned, table.states[entry].isSettled) = (false, false)
        if let misfit { report(misfits.row(misfit, key: key)) }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private mutating func report(_ invalid: InvalidRow) {
        if invalidSample.count < 20 { invalidSample.append(invalid) }
        if reportedInvalid < Self.reportedInvalidRows { chunk.invalidRows.append(invalid) }
        reportedInvalid += 1
    }

    /// Users of the snapshot that no row named, at most `limit`; nil after the last. Call when the read is complete.
    package mutating func nextUnseen(limit: Int) -> [KeyHash]? {
        var found: [KeyHash] = []
        while unseenCursor < loadedUsers, found.count < limit {
            if table.states[unseenCursor].row == .unseen { found.append(table.key(unseenCursor)) }
            unseenCursor += 1
        }
        return found.isEmpty ? nil : found
    }

    var loadedConfirmedUsers: Int { table.states.prefix(loadedUsers).count { $0.isConfirmed } }

    /// Forgets users and keys, and keeps the counts.
    mutating func restart(expectedUsers: Int) {
        table = DiffTable(expectedUsers: expectedUsers, rules: digester?.rules)
        primaryKeys = PrimaryKeyTable()
        (loadedUsers, unseenCursor) = (0, 0)
    }

    /// The books of the diff, when everything was resolved.
    package mutating func finish() -> PlanSummary {
        let attributes = typer.mappings.map(\.key)
        let states = table.states
        let kept = firstKeys?.first { states[$0].isPlanned }.map { table.key($0) }
        var measurements = measuring.finished(keys: attributes, queried: rows.queried)
        measurements.confirmedUsers = partition.confirmedUsers + loadedConfirmedUsers
        // It sends nothing, so there is no change to hold back.
        if options.baseline { measurements.withoutChanges() }
        let new = partition.users + loadedUsers > 0 ? measuring.newAttributes().map { attributes[$0] } : []
        return PlanSummary(
            rows: rows, planned: kept?.count ?? planned, keptUsers: kept, mappingAdded: new,
            measurements: measurements, invalidSample: invalidSample, hasSelectedRow: hasSelectedRow)
    }
}
