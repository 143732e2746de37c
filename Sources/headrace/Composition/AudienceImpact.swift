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
    /// Attributes that a sync of the project writes to this destination.
    private let ownKeys: Set<String>
    /// The syncs of the same destination, but for the one that is looked at.
    private let others: [SyncDefinition]
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
        let syncs = project.syncs.filter { $0.destination.name == checked.sync.destination.name }
        ownKeys = Set(syncs.flatMap { $0.mappings.map(\.attribute.key) })
        others = syncs.filter { $0.name != checked.sync.name }
        self.engine = engine
        identity = checked.destination.identity
        self.examples = examples
    }

    /// A line an audience, in Contentstack's order.
    func lines(of plan: PlanID) async throws -> [Line] {
        var lines = audiences.map { Line(audience: $0) }
        let state = engine.environment.state
        var scopes: [Int64] = []
        for sync in others { scopes.append(try await state.scope(sync: sync.name, identity: identity).id) }
        var last = 0
        while true {
            let records = try await state.operations(of: plan, after: last, limit: Self.page)
            guard let end = records.last?.sequence else { return lines }
            last = end
            let beside = try await valuesBeside(records.map(\.operation.keyHash), in: scopes)
            for record in records {
                try add(record.operation, beside: beside[record.operation.keyHash] ?? [:], to: &lines)
            }
        }
    }

    /// What the other syncs' snapshots hold of these users.
    private func valuesBeside(
        _ users: [KeyHash], in scopes: [Int64]
    ) async throws -> [KeyHash: [String: RememberedValue]] {
        var values: [KeyHash: [String: RememberedValue]] = [:]
        for scope in scopes {
            for user in try await engine.environment.state.snapshotUsers(scope: scope, keyHashes: users) {
                values[user.entry.keyHash, default: [:]].merge(try OperationValues.remembered(user.values)) { $1 }
            }
        }
        return values
    }

    private func add(
        _ operation: PlannedOperation, beside: [String: RememberedValue], to lines: inout [Line]
    ) throws {
        let keys = engine.environment.keys
        let values = try OperationValues(operation, keys: keys)
        let changed = Set(values.changed(keys: keys).compactMap { uidsOfKeys[$0] })
        guard !changed.isEmpty else { return }
        let (before, after) = (beside.merging(values.before) { $1 }, beside.merging(values.after) { $1 })
        var name: String?
        for place in lines.indices {
            let change = lines[place].audience.change(
                changed: changed, before: { known($0, before, elsewhere: after) },
                after: { known($0, after, elsewhere: before) })
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
    private func known(
        _ uid: String, _ values: [String: RememberedValue], elsewhere: [String: RememberedValue]
    ) -> KnownValue {
        // Of what nobody here writes nothing is known, also not that it is missing.
        guard let key = keysOfUIDs[uid], ownKeys.contains(key) else { return .unknown }
        let keys = engine.environment.keys
        switch values[key] {
        case nil: return .value(.null)
        case .value(let value)?: return .value(value)
        case .fingerprint(let fingerprint)?:
            if case .value(let value)? = elsewhere[key],
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
