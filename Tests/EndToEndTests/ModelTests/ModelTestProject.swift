import Foundation
import TestKit

/// The same table with the same faults in both engines.
enum ModelTestProject {
    static let rows = """
        INSERT INTO members (id, uid, tier, points, born) VALUES
            (1, 'u1', 'gold', 10, 'A'), (2, 'u2', NULL, -5, 'A'), (3, 'u3', 'lead', NULL, 'B'),
            (4, 'u4', 'lead', 7, NULL), (5, 'u5', NULL, 8, NULL);
        """
    static let teams = "CREATE TABLE \"Te\"\"ams\" (code TEXT); INSERT INTO \"Te\"\"ams\" VALUES ('A'), (NULL);"

    /// A line a test, and what is said of it.
    static let tests: [(line: String, status: String, failures: Int, sample: [String])] = [
        ("- {unique: id}", "pass", 0, []),
        ("- {unique: [born]}", "fail", 1, ["A"]),
        ("- {not_null: [uid, tier]}", "pass", 0, []),
        ("", "fail", 2, ["2", "5"]),
        ("- {accepted_values: {column: tier, values: [gold, \"it's \\\\ \\\"odd\\\"\"]}}", "fail", 1, ["lead"]),
        ("- {accepted_values: {column: points, values: [10, -5, 7, 8]}}", "pass", 0, []),
        ("- {relationships: {column: born, to: '\"Te\"\"ams\"', field: code}}", "fail", 1, ["3"]),
        ("- {row_count: {min: 6}}", "fail", 1, []),
        ("- {row_count: {min: 5, max: 5}}", "pass", 0, []),
        ("- {expression: \"points >= 0 -- nulls pass\"}", "fail", 1, ["2"]),
        ("- {expression: \"model.id IN (SELECT id FROM members)\"}", "pass", 0, []),
    ]

    static func model() -> [String] { ["tests:"] + tests.map(\.line).filter { !$0.isEmpty }.map { "  " + $0 } }
}

/// One line of `test --output json`.
struct ReportedTest: Decodable, Sendable {
    var test: String
    var model: String
    var kind: String
    var columns: [String]
    var file: String
    var line: Int
    var status: String
    var failures: Int?
    var actual: Double?
    var message: String
    var sample: [String]
    var seconds: Double
}

extension Workshop {
    func test(_ arguments: String...) async throws -> (exit: Int32, lines: [ReportedTest]) {
        let output = try await start(["test", "--output", "json"] + arguments).end()
        return (output.exit, try Self.lines(of: output))
    }
}
