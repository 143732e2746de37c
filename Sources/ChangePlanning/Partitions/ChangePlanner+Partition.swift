import SyncCore

/// What a planner knows beyond the part of the users that it diffs at a time.
struct PartitionMemory: Sendable {
    var isPartitioned = false
    /// Primary keys that several rows have, in whichever parts.
    var repeatedKeys: Set<KeyHash> = []
    /// Texts of the primary keys of invalid rows, of the parts that are done.
    var invalidKeys: Set<KeyHash> = []
    /// Users of the snapshot in the parts that are done, and those of them that were confirmed.
    var users = 0
    var confirmedUsers = 0

    /// A set of hashes takes about 16 bytes and a third of room for each.
    var sizeInBytes: Int { (repeatedKeys.capacity + invalidKeys.capacity) * 24 }
}

extension ChangePlanner {
    var columnCount: Int { typer.columns.count }

    /// Where a row belongs, as far as its keys can be read; `primaryKey` where it is another column than the uid.
    mutating func keyHashes(row: Int, of batch: RowBatch) -> (uid: KeyHash?, primaryKey: KeyHash?) {
        _ = typer.readKeys(row: row, of: batch)
        let uid = typer.hasUID ? keys.keyHash(of: typer.uid) : nil
        guard typer.hasPrimaryKey, typer.hasOwnPrimaryKey else { return (uid, nil) }
        let isComposite = typer.keyColumns.count > 1
        return (uid, keys.keyHash(of: isComposite ? typer.primaryKeyParts : typer.primaryKey))
    }

    mutating func beginPartition(expectedUsers: Int) {
        partition.isPartitioned = true
        restart(expectedUsers: expectedUsers)
    }

    /// Takes what the other parts have to know out of this one.
    mutating func endPartition() {
        partition.users += loadedUsers
        partition.confirmedUsers += loadedConfirmedUsers
        var invalid: [KeyHash] = []
        primaryKeys.forEachText(hasParts: typer.keyColumns.count > 1) { text, owners in
            if owners.contains(where: { owner in owner.map { table.states[$0].row == .invalid } ?? true }) {
                invalid.append(text)
            }
        }
        partition.invalidKeys.formUnion(invalid)
        restart(expectedUsers: 0)
    }
}
