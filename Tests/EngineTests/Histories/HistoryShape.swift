import ProjectModels
import SyncCore
import TestKit

/// What stays the same through a history: its syncs, all of one destination, and its limits.
struct HistoryShape: Sendable {
    static let identity = DestinationIdentity(projectUID: "p", edgeHost: "edge.example.com", isLoopback: false)
    static let columns = [
        ColumnDescription(name: "id", type: .integer, typeName: "int8"),
        ColumnDescription(name: "uid", type: .text, typeName: "text"),
        ColumnDescription(name: "tier", type: .text, typeName: "text"),
        ColumnDescription(name: "points", type: .integer, typeName: "int8"),
        ColumnDescription(name: "segment", type: .text, typeName: "text"),
    ]

    let syncs: [SyncDefinition]
    let retainsValues: Bool
    let maximumInFlight: Int
    let users: Int
    /// Whom the destination refuses whatever is sent.
    let refusedUsers: Set<String>
    /// Rows a batch of the source.
    let batchSize: Int
    /// Runs mark how far they have sent, so that who never left a killed one cannot come late.
    let hasMarks: Bool

    init(using random: inout SplitMix) {
        maximumInFlight = .random(in: 1...3, using: &random)
        users = .random(in: 3...12, using: &random)
        refusedUsers = Set((0..<max(0, .random(in: -4...3, using: &random))).map { "u\($0 + 1)" })
        batchSize = .random(in: 1...5, using: &random)
        retainsValues = Int.random(in: 0..<8, using: &random) > 0
        var destination = DestinationDefinition(name: "personalize", projectUID: Self.identity.projectUID)
        destination.maxInFlight = maximumInFlight
        let names = Int.random(in: 0..<3, using: &random) == 0 ? ["loyalty", "shop"] : ["loyalty"]
        syncs = names.map { Self.sync($0, destination, using: &random) }
        hasMarks = Int.random(in: 0..<4, using: &random) > 0
    }

    private static func sync(
        _ name: String, _ destination: DestinationDefinition, using random: inout SplitMix
    ) -> SyncDefinition {
        let model = ModelDefinition(
            name: name, source: SourceDefinition(name: "shop", kind: .sqlite(path: "/shop.db")),
            statement: SQLStatement(text: "SELECT * FROM \(name)", file: "models/\(name).sql"), primaryKey: ["id"])
        func attribute(_ key: String, _ type: AttributeType, isPII: Bool = false) -> AttributeDefinition {
            AttributeDefinition(key: "\(name)_\(key)", type: type, isPII: isPII)
        }
        let isPII = Int.random(in: 0..<4, using: &random) == 0
        let onNull: [Mapping.NullPolicy] = [.skip, .skip, .null, .constant(.integer(0))]
        let mappings = [
            Mapping(origin: .column("tier"), attribute: attribute("tier", .string)),
            Mapping(
                origin: .column("points"), attribute: attribute("points", .integer),
                onNull: onNull.randomElement(using: &random) ?? .skip),
            Mapping(
                origin: .column("segment"), attribute: attribute("segment", .string, isPII: isPII),
                onRemoved: Bool.random(using: &random) ? .string("") : nil),
        ]
        var sync = SyncDefinition(
            name: name, model: model, destination: destination,
            match: MatchKey(column: "uid", isPII: Int.random(in: 0..<10, using: &random) == 0), mappings: mappings,
            send: Int.random(in: 0..<4, using: &random) == 0 ? .all : .changed)
        sync.guards.minRows = Int.random(in: 0..<4, using: &random) == 0 ? 1 : 0
        sync.retry.attempts = .random(in: 1...4, using: &random)
        sync.retry.quarantineAfterRuns = .random(in: 1...4, using: &random)
        return sync
    }

    func project(statePath: String) -> Project {
        var state = StateDefinition(location: .sqlite(path: statePath))
        state.retainsValues = retainsValues
        return Project(
            name: "history", directory: "/", sources: syncs.map(\.model.source), destinations: syncs.map(\.destination),
            state: state, alerts: AlertDefinition(), attributes: syncs.flatMap { $0.mappings.map(\.attribute) },
            models: syncs.map(\.model), syncs: syncs)
    }
}
