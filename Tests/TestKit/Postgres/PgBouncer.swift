import Foundation

/// A real PgBouncer in transaction mode with one connection to the server, so that whoever comes next gets the last
/// one's; gone with the test process.
package final class PgBouncer: Sendable {
    /// On 127.0.0.1; no password is asked.
    package let port: Int
    private let folder: ScratchFolder
    private let running: RunningProcess

    package init(before server: PostgresServer) throws {
        port = try FreePort.find()
        folder = try ScratchFolder("headrace-pgbouncer")
        try folder.write([
            "users.txt": "\"\(PostgresDatabase.readerName)\" \"\"\n\"postgres\" \"\"\n",
            "pgbouncer.ini": """
            [databases]
            * = host=\(server.folder) port=\(server.port)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = trust
            auth_file = \(folder.path)users.txt
            pool_mode = transaction
            default_pool_size = 1
            """,
        ])
        let program = "/usr/sbin/pgbouncer"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw PostgresServerProblem("no \(program): install the apt package pgbouncer")
        }
        // It refuses to run as root.
        let user = getuid() == 0 ? "-u postgres" : ""
        // Killed, since it inherits the signals that threads of this process do not take.
        running = try RunningProcess(
            program: URL(filePath: "/bin/sh"),
            ["-c", "\(program) \(user) pgbouncer.ini & cat > /dev/null; kill -9 $!"], in: folder.url,
            environment: HeadraceProcess.environment(), keepsInputOpen: true)
        guard running.line(where: { $0.contains("process up") }) != nil else {
            throw PostgresServerProblem("PgBouncer did not start: \(running.errorText)")
        }
    }

    deinit { running.closeInput() }

    package func url(_ database: PostgresDatabase, user: String = PostgresDatabase.readerName) -> String {
        "postgresql://\(user)@127.0.0.1:\(port)/\(database.name)"
    }

    /// Runs SQL through the pool as the reader, in a session of its own.
    package func execute(_ sql: String, database: PostgresDatabase) async throws -> String {
        try await ShellCommand.run("\(database.server.binaries)/psql", ["-XqAt", "-d", url(database), "-c", sql])
    }
}
