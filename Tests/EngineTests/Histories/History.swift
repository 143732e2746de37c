import Foundation
import StateStorage
import SyncCore
import SyncEngine
import Synchronization
import TestKit

@testable import ChangePlanning

/// One random history: its world, its clock and its chance. All of it follows from the seed.
final class History: Sendable {
    static let keys = KeyRing(InstallKey(Array(0..<32)))

    private struct World {
        var random: SplitMix
        var reference = Reference()
        var clock = WallTime(microseconds: 1_763_895_600_000_000)
        var dead: Set<Int32> = []
        /// Holders on another host that were killed: their locks have to expire.
        var hasDeadElsewhere = false
        var processes: Int32 = 0
        var kills = 0
        /// How often anything of a sync began that outdates its plans.
        var moves: [String: Int] = [:]
        var plans: [StoredPlan] = []
        var trace: [String] = []
        /// Whether or not it came to anything.
        var applied: Set<PlanID> = []
        var isEnding = false
    }

    /// A plan that `plan` stored.
    struct StoredPlan: Sendable {
        var id: PlanID
        var sync: SyncDefinition
        var version: Int
        /// Without `--limit` and `--key`.
        var isWhole: Bool
        var isResync: Bool
        var moves: Int
        /// A run of the sync was in its midst.
        var wasMadeDuringARun: Bool
    }

    let seed: UInt64
    let shape: HistoryShape
    let runner = SerialRunner()
    let statePath: String
    private let stores: Mutex<SQLiteStateStore>
    private let world: Mutex<World>

    init(seed: UInt64, statePath: String) throws {
        self.seed = seed
        self.statePath = statePath
        var random = SplitMix(state: seed)
        shape = HistoryShape(using: &random)
        stores = Mutex(try Self.open(statePath, hasMarks: shape.hasMarks))
        world = Mutex(World(random: random))
        for sync in shape.syncs {
            world.withLock { $0.reference.change(sync.name, to: HistoryTable()) }
            change(sync, edits: draw(3...20))
        }
    }

    var store: any StateStore { stores.withLock { $0 } }

    private static func open(_ path: String, hasMarks: Bool) throws -> SQLiteStateStore {
        let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex))
        return try SQLiteStateStore(path: path, marks: hasMarks ? SendMarks(folder: folder, bootID: "here") : nil)
    }

    /// As a new process would.
    func openAgain() throws {
        let store = try Self.open(statePath, hasMarks: shape.hasMarks)
        stores.withLock { $0 = store }
    }

    // MARK: Chance and time

    func draw(_ range: ClosedRange<Int>) -> Int { world.withLock { .random(in: range, using: &$0.random) } }
    func share() -> Double { world.withLock { .random(in: 0..<1, using: &$0.random) } }
    func chance(_ share: Double) -> Bool { self.share() < share }

    func now() -> WallTime {
        world.withLock { world in
            world.clock.microseconds += 1000
            return world.clock
        }
    }

    func passes(seconds: Int64) { world.withLock { $0.clock.microseconds += seconds * 1_000_000 } }

    // MARK: Processes

    func nextProcess() -> Int32 {
        world.withLock { world in
            world.processes += 1
            return world.processes
        }
    }

    /// `isEnd` of a process that ended by itself.
    func killed(_ holder: LeaseHolder, isEnd: Bool = false) {
        world.withLock { world in
            world.dead.insert(holder.processID)
            guard !isEnd else { return }
            world.kills += 1
            if holder.host != "here" {
                world.hasDeadElsewhere = true
                // Whoever takes over cannot know that it is dead: its window is dirty twice.
                world.kills += 1
            }
        }
    }

    func isInDoubt(_ sync: String, forGood: Bool) { refer { $0.isInDoubt(sync, forGood: forGood) } }

    func expectWithheld(_ uid: String, _ sync: SyncDefinition, version: Int, isQuarantined: Bool) {
        refer { $0.expectWithheld(uid, sync, version: version, isQuarantined: isQuarantined) }
    }

    /// As `headrace retry` does.
    func release(_ sync: SyncDefinition) async throws {
        let released = try await store.release(nil, of: sync.name)
        refer { $0.released(sync.name) }
        note("\(released.total) rejected users of \(sync.name) are released")
    }

    /// The destination has something against some users, until the end.
    func refuses(_ uid: String) -> Bool { world.withLock { !$0.isEnding } && shape.refusedUsers.contains(uid) }
    func ends() { world.withLock { $0.isEnding = true } }

    /// A failure after which the run's window is in doubt, as after a kill.
    func countAsKill() { world.withLock { $0.kills += 1 } }

    func isGone(_ holder: LeaseHolder) -> Bool {
        holder.host == "here" && world.withLock { $0.dead.contains(holder.processID) }
    }

    var mayBeLockedByADeadHolder: Bool { world.withLock { $0.hasDeadElsewhere } }
    func locksExpire() {
        passes(seconds: 60)
        world.withLock { $0.hasDeadElsewhere = false }
    }

    /// A run of the sync began, or a plan of it was stored.
    func moved(_ sync: String) { world.withLock { $0.moves[sync, default: 0] += 1 } }

    func store(_ plan: PlanID, _ sync: SyncDefinition, version: Int, isWhole: Bool, isResync: Bool, duringARun: Bool) {
        world.withLock { world in
            world.moves[sync.name, default: 0] += 1
            world.plans.append(
                StoredPlan(
                    id: plan, sync: sync, version: version, isWhole: isWhole, isResync: isResync,
                    moves: world.moves[sync.name] ?? 0,
                    wasMadeDuringARun: duringARun))
        }
    }

    var plans: [StoredPlan] { world.withLock { $0.plans } }
    /// It was before; from now on it is.
    func isApplied(_ plan: PlanID) -> Bool { world.withLock { !$0.applied.insert(plan).inserted } }
    func isOutdated(_ plan: StoredPlan) -> Bool {
        plan.wasMadeDuringARun || world.withLock { $0.moves[plan.sync.name] != plan.moves }
    }

    // MARK: The reference

    var violations: [String] { world.withLock { $0.reference.violations } }
    var trace: [String] { world.withLock { $0.trace } }
    func note(_ line: String) { world.withLock { $0.trace.append(line) } }

    func violate(_ text: String) {
        refer { $0.violate(text) }
    }

    /// What breaks is written where it broke.
    private func refer<Result>(_ body: (inout Reference) -> Result) -> Result {
        world.withLock { world in
            let known = world.reference.violations.count
            defer { world.trace += world.reference.violations.dropFirst(known).map { "  !!! \($0)" } }
            return body(&world.reference)
        }
    }

    func table(_ sync: String, version: Int) -> HistoryTable {
        world.withLock { $0.reference.table(sync, version: version) }
    }
    func version(of sync: String) -> Int { world.withLock { $0.reference.version(of: sync) } }

    func change(_ sync: SyncDefinition, edits: Int) {
        let table = world.withLock { world in
            var table = world.reference.table(sync.name)
            let earlier = world.reference.tables[sync.name] ?? []
            for _ in 0..<edits { table.change(users: shape.users, earlier: earlier, using: &world.random) }
            world.reference.change(sync.name, to: table)
            return table
        }
        note("\(sync.name) becomes \(table)")
    }

    func wasRead(_ sync: SyncDefinition, version: Int) { refer { $0.wasRead(sync, version: version) } }

    func begins(_ write: PlannedWrite, by sender: Reference.Sender) {
        let appliesStrays = chance(0.5)
        refer { $0.begins(write, by: sender, appliesStrays: appliesStrays) }
        // Without a mark each user of a killed run's window may be sent twice: now, and once it could have come late.
        let aKill = 2 * shape.maximumInFlight * (shape.hasMarks ? 1 : 2)
        let (duplicates, allowed) = world.withLock { ($0.reference.duplicates, $0.kills * aKill) }
        if duplicates > allowed {
            violate("\(duplicates) users were sent twice for nothing, \(allowed) were to be expected")
        }
    }

    func ended(_ write: PlannedWrite, _ result: AttemptResult, for sender: Reference.Sender) {
        refer { $0.ended(write, result, for: sender) }
    }
    func applied(_ write: PlannedWrite) { refer { $0.applied(write) } }
    func abandoned(_ write: PlannedWrite, by sender: Reference.Sender) {
        refer { $0.abandoned(write, by: sender) }
    }
    func forgotten(_ write: PlannedWrite) { refer { $0.forgotten(write) } }

    func applyAnyStray() {
        let count = world.withLock { $0.reference.strays.count }
        guard count > 0 else { return }
        let place = draw(0...(count - 1))
        note("  late: \(world.withLock { $0.reference.strays[place] })")
        refer { $0.applyStray(place) }
    }

    func applyAllStrays() {
        while world.withLock({ !$0.reference.strays.isEmpty }) { refer { $0.applyStray(0) } }
    }

    func expectEqual(_ sync: SyncDefinition, version: Int, _ moment: String) {
        refer { $0.expectEqual(sync, version: version, moment) }
    }

    /// Nothing is in the snapshot as confirmed that the destination does not hold, unless a doubt is noted.
    func checkSnapshots(_ moment: String) async throws {
        for sync in shape.syncs {
            let scope = try await store.scope(sync: sync.name, identity: HistoryShape.identity).id
            let open = Set(try await store.openWindow(of: scope))
            let sure = try await store.snapshotIndex(scope: scope, after: 0, limit: 1000).entries
                .filter { $0.isConfirmed && !$0.isDirty && !open.contains($0.keyHash) }
            for user in try await store.snapshotUsers(scope: scope, keyHashes: sure.map(\.keyHash)) {
                let uid = try Self.keys.reveal(user.userUID)
                guard let values = FlatObject.members(user.values) else {
                    violate("\(moment): the snapshot's values of \(uid) are no object")
                    continue
                }
                refer { $0.expectHeld(values, of: uid, moment, isEqual: Self.remembers) }
            }
        }
    }

    private static func remembers(_ attribute: String, _ remembered: String, _ held: String) -> Bool {
        let fingerprint = keys.valueFingerprint(attribute: attribute, json: Array(held.utf8))
        return remembered == held || remembered == #"{"fingerprint":"\#(fingerprint)"}"#
    }
}
