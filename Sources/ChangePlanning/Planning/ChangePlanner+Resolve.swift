package import SyncCore

extension ChangePlanner {
    /// Finishes the batch that `consume` took, with the users it asked for. Throws `state_inconsistent` when the
    /// store does not have a user that its index named.
    package mutating func resolve(_ users: [SnapshotUser]) throws(Diagnostic) -> PlanChunk {
        var before: [KeyHash: SnapshotUser] = [:]
        for user in users {
            before[user.entry.keyHash] = user
            let values = user.entry.isConfirmed ? try SnapshotValues(user.values) : nil
            let isWithdrawn = withdrawnUsers.contains(user.entry.keyHash)
            if let values, !isWithdrawn { measurePresence(values) }
            if isWithdrawn || table.find(user.entry.keyHash).map({ table.states[$0].row }) == .invalid {
                protect(user, values)
            }
        }
        withdrawnUsers.removeAll()
        for row in pending where table.states[row.entry].row == .pending {
            let user = before[table.key(row.entry)]
            guard user != nil || !table.states[row.entry].isInSnapshot else {
                throw .error("state_inconsistent", "the snapshot's index names a user that the snapshot does not have")
            }
            try resolve(row, user)
        }
        pending.removeAll(keepingCapacity: true)
        defer { chunk = PlanChunk() }
        return chunk
    }

    private func difference(_ values: RowValues, from old: SnapshotValues?) -> [Int] {
        guard let old else { return values.present }
        return values.present.filter { index in
            values.json(index).map { !old.holds($0, for: values.mappings[index].key, keys: keys) } ?? false
        }
    }

    private mutating func resolve(_ row: Pending, _ user: SnapshotUser?) throws(Diagnostic) {
        let values = RowValues(canonical: row.canonical, mappings: typer.mappings)
        let confirmed = user?.entry.isConfirmed == true ? user : nil
        var old: SnapshotValues?
        if let confirmed { old = try SnapshotValues(confirmed.values) }
        let differing = difference(values, from: old)
        let kind: RowKind = differing.isEmpty ? .unchanged : old == nil ? .added : .changed
        count(kind, row.entry, differing: differing, values: values, old: old)
        let isDirty = table.states[row.entry].isDirty
        let isPlanned = !values.isEmpty && (kind != .unchanged || isDirty || options.fullResync) && !options.baseline
        if isPlanned, options.selects(uid: row.uid, primaryKey: row.primaryKey) {
            let sendsAll = sync.send == .all || kind != .changed || isDirty || options.fullResync
            let all = values.present
            let reason: OperationReason = isDirty ? .dirty : options.fullResync ? .resync : .diff
            let sent = sendsAll ? all : differing
            let kept = old?.protected(by: typer.mappings, keys: keys)
            var operation = operation(
                row, values, kind: kind, reason: reason, sent: sent, before: kept ?? confirmed?.values)
            operation.sentAttributes = sent == all ? nil : sent.map { typer.mappings[$0].key }
            chunk.operations.append(operation)
            // Whoever is not confirmed keeps what the snapshot has.
            if let user { protect(user, keeping: kept) }
            planned += 1
            table.states[row.entry].isPlanned = true
            firstKeys?.add(row.order, entry: row.entry)
        } else if options.baseline ? !values.isEmpty || old != nil : !isPlanned && old != nil {
            let isKnown =
                table.fingerprints[row.entry] == row.fingerprint.values
                && row.fingerprint.row.map { $0.cells == table.rowDigests[row.entry] } ?? true
            guard !isKnown || old == nil else { return }
            settle(row, values)
        }
    }

    private mutating func settle(_ row: Pending, _ values: RowValues) {
        chunk.settlements.append(
            Settlement(
                keyHash: table.key(row.entry),
                change: .set(
                    userUID: protected(row.uid), primaryKey: protected(row.primaryKey), fingerprint: row.fingerprint,
                    values: values.snapshotJSON(keys: keys))))
        table.states[row.entry].isSettled = true
    }

    private mutating func count(
        _ kind: RowKind, _ entry: Int, differing: [Int], values: RowValues, old: SnapshotValues?
    ) {
        switch kind {
        case .added:
            rows.added += 1
            table.states[entry].row = .added
        case .changed:
            rows.changed += 1
            table.states[entry].row = .changed
            let onlyNew = differing.allSatisfy { old?.contains(values.mappings[$0].key) == false }
            table.differences[entry] = measuring.addChanged(differing, onlyNew: onlyNew)
        default:
            rows.unchanged += 1
            table.states[entry].row = .unchanged
        }
        guard let old else { return }
        table.nulled[entry] = measuring.addNulled(
            values.mappings.indices.filter { index in
                let key = values.mappings[index].key
                return values.isNull(index) && old.contains(key) && !old.isNull(key)
            })
    }

    private func operation(
        _ row: Pending, _ values: RowValues, kind: RowKind, reason: OperationReason, sent: [Int], before: [UInt8]?
    ) -> PlannedOperation {
        let isWhole = sent.count == values.present.count
        let body: ProtectedBody
        if values.holdsProtected(sent) {
            body = .sealed(keys.seal(values.body(sent)))
        } else if isWhole {
            body = .sameAsSnapshot
        } else {
            body = .clear(values.body(sent))
        }
        return PlannedOperation(
            keyHash: table.key(row.entry), userUID: protected(row.uid), primaryKey: protected(row.primaryKey),
            kind: kind, reason: reason, body: body, sentAttributes: nil,
            snapshotValues: values.snapshotJSON(keys: keys), fingerprint: row.fingerprint, valuesBefore: before)
    }

    mutating func measurePresence(_ values: SnapshotValues) {
        for (index, mapping) in typer.mappings.enumerated() where values.contains(mapping.key) {
            measuring.addPresent(index, isNull: values.isNull(mapping.key))
        }
    }

    /// Plans the removal of users that `nextUnseen` named. Throws when a sealed key does not open.
    package mutating func resolveUnseen(_ users: [SnapshotUser]) throws(Diagnostic) -> PlanChunk {
        for user in users {
            let values = user.entry.isConfirmed ? try SnapshotValues(user.values) : nil
            if let values { measurePresence(values) }
            if try hasInvalidRow(user) {
                protect(user, values)
                continue
            }
            rows.removed += 1
            if options.isPartial { continue }
            if user.entry.isConfirmed { measuring.removed += 1 }
            guard typer.mappings.contains(where: { $0.definition.onRemoved != nil }) else {
                chunk.settlements.append(Settlement(keyHash: user.entry.keyHash, change: .forget))
                continue
            }
            if options.baseline { continue }
            planned += 1
            let kept = values?.protected(by: typer.mappings, keys: keys)
            chunk.operations.append(removal(of: user, before: kept ?? values.map { _ in user.values }))
            protect(user, keeping: kept)
        }
        defer { chunk = PlanChunk() }
        return chunk
    }

    /// An invalid row with the user's primary key leaves the user as it was.
    private mutating func hasInvalidRow(_ user: SnapshotUser) throws(Diagnostic) -> Bool {
        guard typer.hasOwnPrimaryKey else { return false }
        let key = keys.keyHash(of: Array(try keys.reveal(user.primaryKey).utf8))
        if partition.isPartitioned { return partition.invalidKeys.contains(key) }
        let owners = primaryKeys.owners(ofText: key, hasParts: typer.keyColumns.count > 1)
        return owners.contains { owner in owner.map { table.states[$0].row == .invalid } ?? true }
    }

    private func removal(of user: SnapshotUser, before: [UInt8]?) -> PlannedOperation {
        var body: [UInt8] = []
        var sent: [String] = []
        for mapping in typer.mappings {
            guard let constant = mapping.definition.onRemoved else { continue }
            body.append(UInt8(ascii: body.isEmpty ? "{" : ","))
            body += mapping.jsonKey
            constant.appendJSON(to: &body)
            sent.append(mapping.key)
        }
        body.append(UInt8(ascii: "}"))
        return PlannedOperation(
            keyHash: user.entry.keyHash, userUID: protected(user.userUID), primaryKey: protected(user.primaryKey),
            kind: .removed,
            reason: user.entry.isDirty ? .dirty : .diff, body: .clear(body), sentAttributes: sent,
            snapshotValues: nil, fingerprint: Fingerprint(values: keys.fingerprint(ofRemoval: body)),
            valuesBefore: before)
    }
}
