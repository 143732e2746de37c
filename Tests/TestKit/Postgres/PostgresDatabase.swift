import Foundation

/// One test's database on the shared server.
package struct PostgresDatabase: Sendable {
    /// A login role without any right but to read what the superuser creates in schema public.
    package static let readerName = "headrace_reader"
    package static let readerPassword = "reader password/ä"

    package let server: PostgresServer
    package let name: String

    init(server: PostgresServer, name: String) { (self.server, self.name) = (server, name) }

    /// As superuser `postgres`, over the unix socket, without a password.
    package var superuserURL: String {
        "postgresql://postgres@/\(name)?host=\(server.folder)&port=\(server.port)"
    }

    /// As the least-privilege role, over loopback TCP, with its password.
    package var readerURL: String {
        "postgresql://\(Self.readerName):reader%20password%2F%C3%A4@127.0.0.1:\(server.port)/\(name)"
    }

    /// Runs SQL as the superuser through psql and returns what it printed (`-At`: unaligned, `|` between columns).
    @discardableResult
    package func execute(_ sql: String) async throws -> String { try await server.execute(sql, database: name) }

    /// A session of the superuser that has run `sql` when this returns, and stays open until `closeInput`.
    package func openSession(_ sql: String) throws -> (session: RunningProcess, processIdentifier: Int) {
        let session = try RunningProcess(
            program: URL(filePath: "\(server.binaries)/psql"), server.arguments(database: name),
            in: URL(filePath: "/"), environment: HeadraceProcess.environment(),
            input: "\(sql);\nSELECT 'ready ' || pg_backend_pid();\n", keepsInputOpen: true)
        let line = session.line { $0.hasPrefix("ready ") } ?? ""
        guard let processIdentifier = Int(line.dropFirst(6)) else {
            throw PostgresServerProblem("the session did not start: \(session.errorText)")
        }
        return (session, processIdentifier)
    }
}
