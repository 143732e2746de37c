import Foundation
import TestKit
import Testing

/// What must hold once all is over, whatever happened on the way.
extension Workshop {
    /// Lines `uid {"loyalty_tier":…,"points":…}` that only the table or only the destination has, sorted.
    func differences() async throws -> [String] {
        let wanted = try await sql(
            #"SELECT uid || ' {"loyalty_tier":"' || tier || '","points":' || points || '}' FROM members ORDER BY uid"#)
        return Set(try await heldUsers()).symmetricDifference(wanted.split(separator: "\n").map(String.init)).sorted()
    }

    private func heldUsers() async throws -> [String] {
        struct Page: Decodable {
            struct User: Decodable { var uid: String, attributes: [String: JSONValue] }
            var users: [User]
        }
        let path = "users?project=\(SimulatorProcess.projectUID)&limit=1000000"
        let data = try JSONSerialization.data(withJSONObject: try await simulator.admin(path))
        return try JSONDecoder().decode(Page.self, from: data).users.map { user in
            guard case .string(let tier) = user.attributes["loyalty_tier"], user.attributes.count == 2,
                case .number(let points) = user.attributes["points"]
            else { return "\(user.uid) \(user.attributes)" }
            return #"\#(user.uid) {"loyalty_tier":"\#(tier)","points":\#(Int(points))}"#
        }
    }

    /// SQL on the state.
    @discardableResult func state(_ sql: String) async throws -> String {
        try await self.sql(sql, database: ".headrace/state.db")
    }

    /// After a clean run nothing is left to do, but for as many users at most whom a request that was late could have
    /// undone since: they are sent once more.
    func expectSettled(
        onceMore limit: Int, _ note: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let late = try #require(Int(try await state("SELECT count(*) FROM late_writes")))
        #expect(late <= limit, "\(note)", sourceLocation: sourceLocation)
        let more = try await run()
        #expect(more.operations == .allConfirmed(late), "\(more.line); \(note)", sourceLocation: sourceLocation)
        #expect(try await run().operations.planned == 0, "\(note)", sourceLocation: sourceLocation)
    }

    /// The state's own history: every run has ended, and its books balance, also the killed ones'. The file is sound, and
    /// no run left a mark of how far it had sent.
    func expectSoundState(_ note: String = "", sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let wrong = try await state(
            """
            SELECT count(*) FROM runs
            WHERE status NOT IN ('succeeded', 'completed_with_errors', 'failed', 'blocked', 'cancelled', 'interrupted')
               OR queried <> unchanged + added + changed + invalid
               OR planned <> confirmed + rejected + unknown + deferred + quarantined
            """)
        #expect(wrong == "0", "\(wrong) runs do not balance; \(note)", sourceLocation: sourceLocation)
        #expect(try await state("PRAGMA integrity_check") == "ok", "\(note)", sourceLocation: sourceLocation)
        let runs = try await state("SELECT run_id FROM runs").split(separator: "\n")
        let marked = runs.filter { FileManager.default.fileExists(atPath: "/dev/shm/headrace-sent-\($0)") }
        #expect(marked.isEmpty, "\(note)", sourceLocation: sourceLocation)
    }
}
