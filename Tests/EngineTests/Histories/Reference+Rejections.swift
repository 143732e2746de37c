import SyncCore

/// What the destination refused of a user for its own sake, as far as one can know it from outside.
struct Rejections: Sendable {
    /// Processes that had the same values refused since they were last confirmed, whether or not they lived to write it down.
    var processes: Set<Int32> = []
    /// Of these, runs whose state has it for sure.
    var certain = 0
    /// Of the table whose row was refused last.
    var version = 0
    /// The process that had no sure answer last, which makes a refusal an unknown outcome.
    var unsureProcess: Int32?
    /// A request without a sure answer may have been applied: the user is dirty until confirmed.
    var isApplied = false
    /// A process died, or lost its locks, while the user may have been in its window.
    var mayBeDirty = false
    /// Another run had no sure answer to other values than were confirmed since: the user is dirty once more.
    var isOvertaken = false
    /// How many runs have to confirm the user before nothing of a process that died, and may have had it in its window,
    /// makes it dirty; none suffices after one that lost its locks, which may say so at any time.
    var confirmationsNeeded = 0

    func areQuarantined(afterRuns limit: Int) -> Bool {
        certain >= limit && !isApplied && !mayBeDirty && !isOvertaken && confirmationsNeeded == 0
    }
}

extension Reference {
    /// The user's row means the same to the sync in all these tables.
    func isUnchanged(_ uid: String, in sync: String, from first: Int, through last: Int) -> Bool {
        let row = table(sync, version: first).validRow(of: uid)
        return (min(first, last)...max(first, last)).allSatisfy { version in
            let table = table(sync, version: version)
            return table.validRow(of: uid) == row && (row != nil || !table.names(uid))
        }
    }

    mutating func noteRejection(of uid: String, _ result: AttemptResult, by sender: Sender) {
        guard let version = sender.version, var user = users[sender.sync.name]?[uid] else { return }
        var rejections = user.rejections
        switch result {
        case .ambiguous, .unanswered:
            rejections.unsureProcess = sender.process
            rejections.isApplied = true
        case .refused where rejections.unsureProcess != sender.process:
            if !hasSameValues(uid, in: sender.sync, version, rejections.version) {
                (rejections.processes, rejections.certain) = ([], 0)
            } else if !isUnchanged(uid, in: sender.sync.name, from: rejections.version, through: version) {
                rejections.certain = 0
            }
            if rejections.processes.insert(sender.process).inserted, sender.isSound { rejections.certain += 1 }
            rejections.version = version
        case .confirmed where sender.isSound:
            let needed = rejections.confirmationsNeeded
            rejections = Rejections()
            rejections.confirmationsNeeded = needed == .max ? needed : max(0, needed - 1)
        case .confirmed, .refused, .notSent, .throttled, .forbidden, .hopeless: break
        }
        user.rejections = rejections
        users[sender.sync.name]?[uid] = user
    }

    func newUser(_ uid: String, of sync: String) -> User {
        var user = User()
        if syncsInDoubt.contains(sync) {
            user.rejections.confirmationsNeeded = .max
            // The snapshot remembers a user that may have been in a dead process's window by the key it had then.
            user.keys = readKeys[sync]?[uid] ?? []
        }
        return user
    }

    private func hasSameValues(_ uid: String, in sync: SyncDefinition, _ first: Int, _ second: Int) -> Bool {
        let rows = [first, second].map { table(sync.name, version: $0).validRow(of: uid)?.values(sync) }
        return rows[0] == rows[1]
    }

    /// Nobody outside knows what of its last window is written down, and whoever was in it is dirty.
    mutating func isInDoubt(_ sync: String, forGood: Bool) {
        syncsInDoubt.insert(sync)
        for uid in (users[sync] ?? [:]).keys {
            users[sync]?[uid]?.rejections.certain = 0
            users[sync]?[uid]?.rejections.mayBeDirty = true
            let needed = users[sync]?[uid]?.rejections.confirmationsNeeded ?? 0
            users[sync]?[uid]?.rejections.confirmationsNeeded = forGood ? .max : max(2, needed)
        }
    }

    mutating func released(_ sync: String) {
        for uid in (users[sync] ?? [:]).keys {
            users[sync]?[uid]?.rejections.processes = []
            users[sync]?[uid]?.rejections.certain = 0
        }
    }

    /// A run left the user out for having been rejected: it was, with these values, and in so many runs.
    mutating func expectWithheld(_ uid: String, _ sync: SyncDefinition, version: Int, isQuarantined: Bool) {
        let rejections = users[sync.name]?[uid]?.rejections ?? Rejections()
        let needed = isQuarantined ? sync.retry.quarantineAfterRuns : 1
        if rejections.processes.count < needed {
            violate("\(uid) was withheld after \(rejections.processes.count) rejections, quarantined: \(isQuarantined)")
        }
        if !hasSameValues(uid, in: sync, version, rejections.version) {
            violate("\(uid) was withheld though its values changed since")
        }
        if rejections.isApplied { violate("\(uid) was withheld though it is dirty") }
    }
}
