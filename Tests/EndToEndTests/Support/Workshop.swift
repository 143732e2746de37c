import Foundation
import TestKit
import Testing

/// A project in a folder of its own, its SQLite shop and its simulator: everything one test needs, shared with none.
final class Workshop: Sendable {
    static let members = """
        CREATE TABLE members (
            id INTEGER PRIMARY KEY, uid TEXT NOT NULL, tier TEXT, points INTEGER, balance REAL, active INTEGER,
            born TEXT, seen TEXT, segments TEXT, first TEXT, last TEXT, note TEXT);
        """

    let folder: ScratchFolder
    let simulator: SimulatorProcess
    private let place: Places.Place?

    struct Unexpected: Error, CustomStringConvertible {
        var description: String
    }

    /// `rows` is SQL that fills the shop's table; `shared` is another workshop's simulator.
    init(
        _ project: MembersProject = MembersProject(), rows: String = "", faults: String? = nil,
        switches: [String] = [], sharing shared: SimulatorProcess? = nil
    ) async throws {
        place = shared == nil ? await Places.shared.take() : nil
        folder = try ScratchFolder()
        simulator = try shared ?? SimulatorProcess(in: folder, faults: faults, switches: switches)
        try write(project)
        try await sql(Self.members + rows)
    }

    /// Users 1 to `count`, uid `u1`, `u2` …, all silver, with ten points each a number.
    static func plainRows(_ count: Int) -> String {
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
        INSERT INTO members (id, uid, tier, points) SELECT i, 'u' || i, 'silver', i * 10 FROM n;
        """
    }

    func write(_ project: MembersProject) throws { try folder.write(project.files(edgeURL: simulator.url)) }

    /// Runs SQL on the shop and returns what it printed.
    @discardableResult func sql(_ text: String, database: String = "shop.db") async throws -> String {
        try await Self.sqlite(text, database: database, in: folder.url)
    }

    static func sqlite(_ text: String, database: String, in folder: URL) async throws -> String {
        let process = try RunningProcess(
            program: URL(filePath: "/usr/bin/sqlite3"), ["-batch", "-bail", database], in: folder,
            environment: HeadraceProcess.environment(), input: text + "\n")
        let output = await process.end()
        guard output.exit == 0 else { throw Unexpected(description: "sqlite3: \(output.stderr)") }
        return output.stdout.trimmingCharacters(in: .newlines)
    }

    /// Started, not waited for. Every file that Headrace keeps outside the project lies in the test's folder too.
    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> RunningProcess {
        let own = ["XDG_STATE_HOME": folder.path + "xdg", "XDG_CONFIG_HOME": folder.path + "xdg-config"]
        return try RunningProcess(arguments, in: folder.url, environment: own.merging(environment) { _, new in new })
    }

    func headrace(
        _ arguments: String..., environment: [String: String] = [:], timeout: Double = 120
    ) async throws -> HeadraceProcess.Output {
        try await start(arguments, environment: environment).end(timeout: timeout)
    }

    struct Run: Sendable {
        var exit: Int32
        var line: ReportedRun
        var output: HeadraceProcess.Output

        var operations: OperationNumbers { line.operations }
        var rows: RowNumbers { line.rows }
    }

    /// `headrace run --output json` of the one sync; the books of its line must balance.
    func run(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> Run {
        let output = try await start(["run", "--output", "json"] + arguments).end(timeout: 120)
        return try Self.run(from: output, sourceLocation: sourceLocation)
    }

    func apply(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> Run {
        let output = try await start(["apply", "--output", "json"] + arguments).end(timeout: 120)
        return try Self.run(from: output, sourceLocation: sourceLocation)
    }

    static func run(
        from output: HeadraceProcess.Output, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Run {
        let run = Run(exit: output.exit, line: try onlyLine(of: output), output: output)
        expectBalanced(run.line, sourceLocation: sourceLocation)
        return run
    }

    /// `headrace plan --output json` of the one sync.
    func plan(_ arguments: String...) async throws -> (exit: Int32, line: ReportedPlan) {
        let output = try await start(["plan", "--output", "json"] + arguments).end(timeout: 120)
        let line: ReportedPlan = try Self.onlyLine(of: output)
        #expect(line.rows.queried == line.rows.unchanged + line.rows.added + line.rows.changed + line.rows.invalid)
        return (output.exit, line)
    }

    func check(environment: [String: String] = [:]) async throws -> (exit: Int32, findings: [ReportedFinding]) {
        let output = try await start(["check", "--output", "json"], environment: environment).end()
        return (output.exit, try Self.lines(of: output))
    }

    static func lines<Line: Decodable>(of output: HeadraceProcess.Output) throws -> [Line] {
        do {
            return try output.stdout.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        } catch {
            throw Unexpected(description: "exit \(output.exit), \(error)\n\(output.stdout)\n\(output.stderr)")
        }
    }

    private static func onlyLine<Line: Decodable>(of output: HeadraceProcess.Output) throws -> Line {
        let lines: [Line] = try lines(of: output)
        guard lines.count == 1 else {
            throw Unexpected(description: "exit \(output.exit), no single line\n\(output.stdout)\n\(output.stderr)")
        }
        return lines[0]
    }
}

/// The contract's two equations.
func expectBalanced(_ line: ReportedRun, sourceLocation: SourceLocation = #_sourceLocation) {
    let (rows, operations) = (line.rows, line.operations)
    #expect(
        rows.queried == rows.unchanged + rows.added + rows.changed + rows.invalid, "\(line)",
        sourceLocation: sourceLocation)
    let ended =
        operations.confirmed + operations.rejected + operations.unknown + operations.deferred + operations.quarantined
    #expect(operations.planned == ended, "\(line)", sourceLocation: sourceLocation)
}

/// Asks again and again until `condition` holds, at most `seconds`.
func eventually(
    within seconds: Double = 30, _ condition: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("what was waited for did not happen within \(seconds) s", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}
