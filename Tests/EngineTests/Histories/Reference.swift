import SyncCore

/// What is true, whatever Headrace believes: the tables through time, what the destination holds, and what a run was told.
/// It finds every broken promise as it happens.
struct Reference: Sendable {
    /// What the destination told live runs of one user of one sync.
    struct User: Sendable {
        /// The values of the row that was confirmed last; nil before the first.
        var confirmed: [String: String]?
        var isRemoved = false
        /// A request since then was not confirmed.
        var isDoubtful = false
        /// Attributes, or the whole user, that a complete read may have taken out of the snapshot.
        var maybeAbsent: Set<String> = []
        var isMaybeForgotten = false
        /// Of the table that the newest body was made from.
        var newestVersion = 0
        /// Primary keys that the snapshot may remember.
        var keys: Set<Int64> = []
        var rejections = Rejections()
        /// What runs sent without a sure answer since the user was confirmed; nil in place of a row that left.
        var unsure: [(process: Int32, row: HistoryRow?)] = []
        /// A late request came after what was confirmed since, and undid it.
        var isUndone = false
    }

    /// Whose request it is.
    struct Sender: Sendable {
        var process: Int32
        var sync: SyncDefinition
        /// Of the table that was read to its end; nil before.
        var version: Int?
        var isResync = false
        /// Somebody else has its locks.
        var isFenced = false
        /// Neither dead nor fenced: what it is told is written down.
        var isSound = true
    }

    private(set) var tables: [String: [HistoryTable]] = [:]
    var held: [String: [String: String]] = [:]
    var strays: [Stray] = []
    var users: [String: [String: User]] = [:]
    private var inFlight: [String: Int32] = [:]
    /// Primary keys that users had in tables that were read to their end.
    private(set) var readKeys: [String: [String: Set<Int64>]] = [:]
    /// Syncs of which a process died or lost its locks: of users that were never sent, too, the window may have been.
    var syncsInDoubt: Set<String> = []
    /// Users sent again although nothing of theirs was in doubt.
    private(set) var duplicates = 0
    private(set) var violations: [String] = []

    mutating func violate(_ text: String) { violations.append(text) }

    func table(_ sync: String, version: Int? = nil) -> HistoryTable {
        let all = tables[sync] ?? []
        return version.flatMap { all.indices.contains($0) ? all[$0] : nil } ?? all.last ?? HistoryTable()
    }

    /// The number of the current table.
    func version(of sync: String) -> Int { (tables[sync]?.count ?? 0) - 1 }

    mutating func change(_ sync: String, to table: HistoryTable) { tables[sync, default: []].append(table) }

    // MARK: Requests

    mutating func begins(_ write: PlannedWrite, by sender: Sender, appliesStrays: Bool) {
        let (uid, name) = (write.userUID.text, sender.sync.name)
        let body = FlatObject.members(write.body)
        if sender.isFenced { violate("\(uid) was sent by process \(sender.process), which had lost its locks") }
        if let other = inFlight[uid] {
            violate("\(uid) is sent by \(sender.process) while \(other) waits for an answer")
        }
        inFlight[uid] = sender.process
        resolveStrays(of: uid, before: sender, apply: appliesStrays)
        guard let version = sender.version, let body, !body.isEmpty else {
            return violate("\(uid) was sent before the read was complete, or without a body")
        }
        var user = users[name]?[uid] ?? newUser(uid, of: name)
        if version < user.newestVersion { violate("\(uid) was sent version \(version) after \(user.newestVersion)") }
        user.newestVersion = version
        let table = table(name, version: version)
        let isNeeded: Bool
        if let row = table.validRow(of: uid) {
            let wanted = row.values(sender.sync)
            for (attribute, value) in body where wanted[attribute] != value {
                violate("\(uid) was sent \(attribute)=\(value) of \(table)")
            }
            isNeeded =
                user.isRemoved || user.isMaybeForgotten
                || wanted.contains { user.confirmed?[$0] != $1 || user.maybeAbsent.contains($0) }
            user.keys.insert(row.id)
        } else {
            checkRemoval(uid, body, user, table, sender.sync)
            isNeeded = !user.isRemoved
        }
        if user.rejections.areQuarantined(afterRuns: sender.sync.retry.quarantineAfterRuns),
            isUnchanged(uid, in: name, from: user.rejections.version, through: version)
        {
            violate("\(uid) was sent though \(user.rejections.certain) runs had the same values rejected")
        }
        if !isNeeded, !user.isDoubtful, !sender.isResync { duplicates += 1 }
        user.isDoubtful = true
        users[name, default: [:]][uid] = user
    }

    private mutating func checkRemoval(
        _ uid: String, _ body: [String: String], _ user: User, _ table: HistoryTable, _ sync: SyncDefinition
    ) {
        if table.names(uid) { violate("\(uid) was sent although its row is invalid: \(table)") }
        if user.keys.count == 1, let key = user.keys.first, table.hasInvalidRow(key: key) {
            violate("\(uid) was removed although an invalid row has its primary key \(key): \(table)")
        }
        if body != Self.constants(sync) { violate("\(uid) was removed with \(body)") }
    }

    static func constants(_ sync: SyncDefinition) -> [String: String] {
        sync.mappings[2].onRemoved == nil ? [:] : ["\(sync.name)_segment": "\"\""]
    }

    mutating func applied(_ write: PlannedWrite) {
        guard let body = FlatObject.members(write.body) else { return }
        hold(body, of: write.userUID.text)
    }

    mutating func hold(_ body: [String: String], of uid: String) { held[uid, default: [:]].merge(body) { $1 } }

    /// The request of a process that may not wait for it any more.
    mutating func abandoned(_ write: PlannedWrite, by sender: Sender) {
        if let body = FlatObject.members(write.body) {
            strays.append(
                Stray(uid: write.userUID.text, sync: sender.sync.name, process: sender.process, body: body))
        }
        inFlight[write.userUID.text] = nil
    }

    /// The request of a process that waits no more, and that never came to anything.
    mutating func forgotten(_ write: PlannedWrite) { inFlight[write.userUID.text] = nil }

    mutating func ended(_ write: PlannedWrite, _ result: AttemptResult, for sender: Sender) {
        let (uid, name) = (write.userUID.text, sender.sync.name)
        inFlight[uid] = nil
        noteRejection(of: uid, result, by: sender)
        switch result {
        case .confirmed where sender.isSound: confirmed(uid, in: name, by: sender)
        // The outcome of an ambiguous one may never be written down.
        case .ambiguous, .unanswered:
            let row = table(name, version: sender.version).validRow(of: uid)
            users[name]?[uid]?.unsure.append((sender.process, row))
        case .confirmed, .refused, .notSent, .throttled, .forbidden, .hopeless: break
        }
    }

    private mutating func confirmed(_ uid: String, in name: String, by sender: Sender) {
        guard let version = sender.version, var user = users[name]?[uid] else { return }
        let row = table(name, version: version).validRow(of: uid)
        user.isRemoved = row == nil
        user.confirmed = row?.values(sender.sync)
        let isOvertaken = user.unsure.contains { $0.process != sender.process && $0.row != row }
        // Sent once more by the run after this one.
        (user.isDoubtful, user.rejections.isOvertaken) = (isOvertaken, isOvertaken)
        (user.isUndone, user.unsure) = (false, [])
        (user.isMaybeForgotten, user.maybeAbsent) = (false, [])
        users[name]?[uid] = user
        compareStrays(of: uid, in: name, with: user.confirmed ?? Self.constants(sender.sync), by: sender.process)
    }

    // MARK: Runs

    /// The whole table of this version was read: what it does not name, or names as a skipped null, may leave the snapshot.
    mutating func wasRead(_ sync: SyncDefinition, version: Int) {
        let table = table(sync.name, version: version)
        for row in table.validRows { readKeys[sync.name, default: [:]][row.uid, default: []].insert(row.id) }
        for (uid, var user) in users[sync.name] ?? [:] {
            if let row = table.validRow(of: uid) {
                let values = row.values(sync)
                // An unchanged row that moved to another key may be remembered by it.
                user.keys.insert(row.id)
                user.maybeAbsent.formUnion(sync.mappings.map(\.attribute.key).filter { values[$0] == nil })
            } else if !table.names(uid), Self.constants(sync).isEmpty {
                user.isMaybeForgotten = true
                // Unless an invalid row has the key that the snapshot remembers: then it stays, dirty as it is.
                if user.rejections.isApplied { user.rejections.mayBeDirty = true }
                user.rejections.isApplied = false
                forgetStrays(of: uid, in: sync.name)
            }
            users[sync.name]?[uid] = user
        }
    }

    /// After a whole run without trouble: the destination holds every valid row, and removed users their constants.
    mutating func expectEqual(_ sync: SyncDefinition, version: Int, _ moment: String) {
        let table = table(sync.name, version: version)
        for row in table.validRows where users[sync.name]?[row.uid]?.isUndone != true {
            let has = held[row.uid] ?? [:]
            for (attribute, value) in row.values(sync) where has[attribute] != value {
                violate(
                    "\(moment): \(row.uid) holds \(attribute)=\(has[attribute] ?? "nothing"), the row says \(value)")
            }
            // Of a row with nothing to send nothing is remembered, its key neither.
            if !row.values(sync).isEmpty { users[sync.name]?[row.uid]?.keys = [] }
            users[sync.name]?[row.uid]?.keys.insert(row.id)
        }
        for (uid, user) in users[sync.name] ?? [:] where !table.names(uid) && !user.isUndone {
            guard !user.keys.contains(where: table.hasInvalidRow) else { continue }
            let has = held[uid] ?? [:]
            guard has.keys.contains(where: { $0.hasPrefix("\(sync.name)_") }) else { continue }
            for (attribute, value) in Self.constants(sync) where has[attribute] != value {
                violate("\(moment): \(uid) left and holds \(attribute)=\(has[attribute] ?? "nothing")")
            }
        }
    }

    /// What the snapshot calls confirmed is what the destination holds. `isEqual` knows how a value is remembered.
    mutating func expectHeld(
        _ values: [String: String], of uid: String, _ moment: String,
        isEqual: (_ attribute: String, _ remembered: String, _ held: String) -> Bool
    ) {
        for (attribute, value) in values {
            let has = held[uid]?[attribute]
            if has.map({ isEqual(attribute, value, $0) }) != true {
                violate("\(moment): the snapshot says \(uid) has \(attribute)=\(value), it has \(has ?? "nothing")")
            }
        }
    }
}
