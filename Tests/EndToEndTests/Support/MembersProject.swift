import TestKit

/// The files of a project with one SQLite table, `members`, one model and one sync. A test changes the part it is about.
struct MembersProject: Sendable {
    static let goldAndPoints = ["{column: tier, attribute: loyalty_tier}", "{column: points, attribute: points}"]

    var source = "{type: sqlite, path: shop.db}"
    var projectUID = SimulatorProcess.projectUID
    var authentication = "{method: none}"
    /// Further lines of the destination.
    var destination = ["max_in_flight: 16"]
    var state = "{url: \"sqlite:.headrace/state.db\"}"
    var sql = "SELECT id, uid, tier, points, note FROM members\n"
    var primaryKey = "id"
    /// Further lines of the model.
    var model: [String] = []
    var mappings = MembersProject.goldAndPoints
    /// Further lines of the sync.
    var sync: [String] = []
    var attributes = [
        "loyalty_tier: {type: string, allowed: [bronze, silver, gold]}",
        "points: {type: integer}",
        "note: {type: string}",
    ]

    func files(edgeURL: String) -> [String: String] {
        [
            "headrace.yml": Self.lines(
                [
                    "version: 1", "name: members", "sources:", "  shop: \(source)", "destinations:", "  personalize:",
                    "    type: contentstack_personalize", "    region: na", "    project_uid: \"\(projectUID)\"",
                    "    auth: \(authentication)", "    edge_url: \(edgeURL)",
                    "    management_url: \(edgeURL)",
                ] + destination.map { "    \($0)" } + ["state: \(state)"]),
            "models/members.sql": sql,
            "models/members.yml": Self.lines(
                ["model:", "  source: shop", "  primary_key: \(primaryKey)"] + model.map { "  \($0)" } + [
                    "syncs:", "  - name: loyalty", "    destination: personalize", "    mode: update",
                    "    match: {column: uid, field: user_uid}",
                ] + sync.map { "    \($0)" } + ["    mappings:"] + mappings.map { "      - \($0)" }),
            "models/attributes.yml": Self.lines(["attributes:"] + attributes.map { "  \($0)" }),
        ]
    }

    private static func lines(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }
}
