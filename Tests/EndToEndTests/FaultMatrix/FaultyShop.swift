import Foundation
import TestKit
import Testing

/// A project whose destination is a `FaultyServer`, and the model of what it should hold.
final class FaultyShop: Sendable {
    let folder: ScratchFolder
    let server: FaultyServer
    private let place: Places.Place
    private let front: TLSFront?

    /// No value of a user may show in a log.
    static let mark = "zebra"

    /// Users `u1` to `u` and `count`. Headrace reaches the server through `front`, where there is one.
    init(
        users count: Int, _ destination: [String] = [], sync: [String] = [], noteLength: Int = 10,
        server: FaultyServer? = nil, front: TLSFront? = nil
    ) async throws {
        place = await Places.shared.take()
        folder = try ScratchFolder("headrace-faults")
        self.server = try server ?? FaultyServer()
        self.front = front
        var project = MembersProject()
        project.destination = destination
        project.mappings.append("{column: note, attribute: note}")
        project.sync = sync + ["guards: {max_changed_percent: 100}"]
        let url = front.map { "https://localhost:\($0.port)" } ?? self.server.url
        try folder.write(project.files(edgeURL: url))
        try await sql(
            Workshop.members + """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
                INSERT INTO members (id, uid, tier, points, note)
                SELECT i, 'u' || i, 'silver', i, '\(Self.mark)' || substr(hex(zeroblob(\(noteLength / 2))), 1) FROM n;
                """)
    }

    @discardableResult func sql(_ text: String, database: String = "shop.db") async throws -> String {
        try await Workshop.sqlite(text, database: database, in: folder.url)
    }

    @discardableResult func state(_ text: String) async throws -> String {
        try await sql(text, database: ".headrace/state.db")
    }

    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningProcess {
        let own = ["XDG_STATE_HOME": folder.path + "xdg", "XDG_CONFIG_HOME": folder.path + "xdg-config"]
        return try RunningProcess(arguments, in: folder.url, environment: own.merging(environment) { _, new in new })
    }

    func startRun(environment: [String: String] = [:]) throws -> RunningProcess {
        try start(["run", "--output", "json", "--log-level", "debug"], environment: environment)
    }

    /// A run to its end, with its books balanced and no value of a user in its log.
    func run(sourceLocation: SourceLocation = #_sourceLocation) async throws -> Workshop.Run {
        try await ended(try startRun(), sourceLocation: sourceLocation)
    }

    func ended(
        _ process: RunningProcess, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Workshop.Run {
        let output = await process.end(timeout: 120)
        #expect(!output.stderr.contains(Self.mark), "\(output.stderr)", sourceLocation: sourceLocation)
        return try Workshop.run(from: output, sourceLocation: sourceLocation)
    }

    /// What the table holds of each user, as JSON texts of attributes.
    func source() async throws -> [String: [String: String]] {
        let lines = try await sql(
            "SELECT uid || ' ' || quote(tier) || ' ' || points || ' ' || quote(note) FROM members")
        var users: [String: [String: String]] = [:]
        for line in lines.split(separator: "\n") {
            let words = line.replacing("'", with: "\"").split(separator: " ").map(String.init)
            users[words[0]] = ["loyalty_tier": words[1], "points": words[2], "note": words[3]]
        }
        return users
    }

    /// The server holds what the table holds, for each of these users, or all.
    func expectEqual(_ uids: [String]? = nil, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for (uid, wanted) in try await source() where uids?.contains(uid) ?? true {
            let held = server.attributes(of: uid)
            #expect(held == wanted, "\(uid)", sourceLocation: sourceLocation)
        }
    }

    /// Outcomes of a run's operations by user uid.
    func outcomes(of run: Workshop.Run) async throws -> [String: String] {
        let id = try #require(run.line.runID)
        let lines = try await state("SELECT user_uid || ' ' || outcome FROM operations WHERE run_id = '\(id)'")
        return Dictionary(
            lines.split(separator: "\n").map { line in
                let words = line.split(separator: " ").map(String.init)
                return (words[0], words[1])
            }, uniquingKeysWith: { first, _ in first })
    }
}
