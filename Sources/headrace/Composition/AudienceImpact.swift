import ChangePlanning
import Contentstack
import SyncCore
import SyncEngine

/// Who enters and who leaves each audience when a plan is delivered, by what the destination has confirmed and what the
/// plan holds. Nothing is asked of Contentstack but the rules.
struct AudienceImpact: Sendable {
    /// How many users are named for each direction.
    static let standardExamples = 5
    private static let page = 1000

    struct Line: Sendable {
        var audience: RemoteAudience
        var enters = 0
        var leaves = 0
        /// Depends on the visit, or on values that are not known.
        var undecided = 0
        /// User uids as people may see them.
        var entering: [String] = []
        var leaving: [String] = []

        var isTouched: Bool { enters + leaves + undecided > 0 }
    }

    private let audiences: [RemoteAudience]
    /// By the uid of their definition.
    private let keysOfUIDs: [String: String]
    private let uidsOfKeys: [String: String]
    /// The attributes that each sync of the destination writes, the one that is looked at first.
    private let writers: [(sync: String, keys: Set<String>)]
    private let engine: Engine
    private let identity: DestinationIdentity
    private let examples: Int

    init(
        of checked: CheckedSync, in project: Project, attributes: [RemoteAttribute], audiences: [RemoteAudience],
        engine: Engine, examples: Int = standardExamples
    ) {
        self.audiences = audiences
        keysOfUIDs = Dictionary(attributes.map { ($0.uid, $0.key) }) { first, _ in first }
        uidsOfKeys = Dictionary(attributes.filter { !$0.isPreset }.map { ($0.key, $0.uid) }) { first, _ in first }
        let others = project.syncs.filter {
            $0.destination.name == checked.sync.destination.name && $0.name != checked.sync.name
        }
        writers = ([checked.sync] + others).map { ($0.name, Set($0.mappings.map(\.attribute.key))) }
        self.engine = engine
        identity = checked.destination.identity
        self.examples = examples
    }

    /// A line an audience, in Contentstack's order.
    func lines(of plan: PlanID) async throws -> [Line] {
        var lines = audiences.map { Line(audience: $0) }
        let state = engine.environment.state
        var others: [(scope: Int64, keys: Set<String>)] = []
        for writer in writers.dropFirst() {
            others.append((try await state.scope(sync: writer.sync, identity: identity).id, writer.keys))
        }
        var last = 0
        while true {
            let records = try await state.operations(of: plan, after: last, limit: Self.page)
            guard let end = records.last?.sequence else { return lines }
            last = end
            let beside = try await known(records.map(\.operation.keyHash), to: others)
            for record in records {
                try add(record.operation, beside: beside[record.operation.keyHash] ?? Known(), to: &lines)
            }
        }
    }

    /// What is known of one user at one time.
    private struct Known {
        var values: [String: RememberedValue] = [:]
        /// What they are may be something else: attributes of a dirty user, and those that are missing of a known one,
        /// where an earlier value may stand.
        var uncertain: Set<String> = []

        mutating func add(_ values: [String: RememberedValue], of keys: Set<String>, isDirty: Bool) {
            self.values.merge(values) { $1 }
            uncertain.formUnion(isDirty ? keys : keys.subtracting(values.keys))
        }
    }

    /// What the other syncs' snapshots hold of these users.
    private func known(
        _ users: [KeyHash], to others: [(scope: Int64, keys: Set<String>)]
    ) async throws -> [KeyHash: Known] {
        var known: [KeyHash: Known] = [:]
        for other in others {
            let found = try await engine.environment.state.snapshotUsers(scope: other.scope, keyHashes: users)
            for user in found {
                known[user.entry.keyHash, default: Known()].add(
                    try OperationValues.remembered(user.values), of: other.keys,
                    isDirty: user.entry.isDirty || !user.entry.isConfirmed)
            }
        }
        return known
    }

    private func add(_ operation: PlannedOperation, beside: Known, to lines: inout [Line]) throws {
        let keys = engine.environment.keys
        let values = try OperationValues(operation, keys: keys)
        let isDirty = operation.reason == .dirty
        let sent = values.sent
        let changed = Set((isDirty ? sent : values.changed(keys: keys)).compactMap { uidsOfKeys[$0] })
        guard !changed.isEmpty else { return }
        var (before, after) = (beside, beside)
        if values.isKnown || isDirty {
            before.add(values.before, of: writers[0].keys, isDirty: isDirty)
            after.add(values.after, of: writers[0].keys, isDirty: isDirty)
            after.uncertain.subtract(sent)
        } else {
            after.values.merge(values.after) { $1 }
        }
        var name: String?
        for place in lines.indices {
            let change = lines[place].audience.change(
                changed: changed, before: { value($0, before, elsewhere: after) },
                after: { value($0, after, elsewhere: before) })
            switch change {
            case .none: continue
            case .undecided: lines[place].undecided += 1
            case .enters, .leaves:
                let shown = try name ?? PlanPresenter.shown(operation.userUID, keys)
                name = shown
                lines[place].count(change, shown, examples: examples)
            }
        }
    }

    /// `elsewhere` may hold in clear what is only a fingerprint here.
    private func value(_ uid: String, _ known: Known, elsewhere: Known) -> KnownValue {
        // Of what nobody here writes nothing is known, also not that it is missing.
        guard let key = keysOfUIDs[uid], writers.contains(where: { $0.keys.contains(key) }),
            !known.uncertain.contains(key)
        else { return .unknown }
        let keys = engine.environment.keys
        switch known.values[key] {
        case nil: return .value(.null)
        case .value(let value)?: return .value(value)
        case .fingerprint(let fingerprint)?:
            if case .value(let value)? = elsewhere.values[key],
                keys.valueFingerprint(attribute: key, value) == fingerprint
            {
                return .value(value)
            }
            return .hidden { keys.valueFingerprint(attribute: key, $0) == fingerprint }
        }
    }
}

extension AudienceImpact.Line {
    fileprivate mutating func count(_ change: AudienceChange, _ user: String, examples: Int) {
        if change == .enters {
            enters += 1
            if entering.count < examples { entering.append(user) }
        } else {
            leaves += 1
            if leaving.count < examples { leaving.append(user) }
        }
    }
}
