import Foundation

/// A real PostgreSQL server for tests: one a test process, started by the first test that asks, in a folder of its own
/// under /tmp, reachable over a unix socket and a free loopback port, and gone with the test process however that ends.
///
///     let database = try await PostgresServer.shared().newDatabase()
///     try await database.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
///     let source = PostgresSource(name: "db", url: Secret(database.readerURL), …)
package final class PostgresServer: Sendable {
    /// The server's socket lies here; so do its data and its log until the test process ends.
    package let folder: String
    /// On 127.0.0.1.
    package let port: Int
    let binaries: String
    /// The supervisor stops the server when this end of its standard input closes.
    private let lifeline: FileHandle

    // Unstructured, because the server outlives the test that happens to ask first.
    private static let starting = Task { try await own() }

    /// The process's server. Throws with the name of the apt package when PostgreSQL is not installed.
    package static func shared() async throws -> PostgresServer { try await starting.value }

    private init(folder: String, port: Int, binaries: String, lifeline: FileHandle) {
        (self.folder, self.port, self.binaries, self.lifeline) = (folder, port, binaries, lifeline)
    }

    /// A server of one suite's own, gone like the shared one.
    package static func own(_ launch: Launch = Launch()) async throws -> PostgresServer {
        let server = try await start(launch)
        try await server.execute(
            "CREATE ROLE \(PostgresDatabase.readerName) LOGIN PASSWORD '\(PostgresDatabase.readerPassword)'",
            database: "postgres")
        return server
    }

    /// A hot standby that streams from this server and never waits for its readers.
    package func standby() async throws -> PostgresServer {
        var launch = Launch()
        launch.settings = ["max_standby_streaming_delay = 0", "hot_standby_feedback = off"]
        launch.primary = self
        return try await Self.start(launch)
    }

    /// What a server of its own has beyond the shared one's settings.
    package struct Launch: Sendable {
        /// Lines of postgresql.conf.
        package var settings: [String] = []
        /// Lines of pg_hba.conf, before the usual ones.
        package var access: [String] = []
        /// Contents of files, by name, that the server can read in the folder above its data.
        package var files: [String: String] = [:]
        fileprivate var primary: PostgresServer?

        package init() {}
    }

    /// Moves an authority's files to the server's, so that they go when it goes.
    package func adopt(_ authority: TestAuthority) throws -> TestAuthority {
        let place = URL(filePath: "\(folder)/\(authority.folder.lastPathComponent)")
        let moved = try authority.moved(to: place)
        var owner = stat()
        stat(folder, &owner)
        chown(place.path, owner.st_uid, owner.st_gid)
        return moved
    }

    /// Ends every connection and the server as a crash does.
    package func stopImmediately() throws {
        let text = try String(contentsOfFile: "\(folder)/data/postmaster.pid", encoding: .utf8)
        guard let process = text.split(separator: "\n").first.flatMap({ pid_t($0) }) else {
            throw PostgresServerProblem("the server has no process")
        }
        kill(process, SIGQUIT)
    }

    /// An empty database of its own for a test.
    package func newDatabase(options: String = "") async throws -> PostgresDatabase {
        let name = "test_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        _ = try await execute("CREATE DATABASE \(name) \(options)", database: "postgres")
        let database = PostgresDatabase(server: self, name: name)
        try await database.execute(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO \(PostgresDatabase.readerName)")
        return database
    }

    /// Runs SQL as the superuser through psql and returns what it printed (`-At`: unaligned, `|` between columns).
    @discardableResult
    package func execute(_ sql: String, database: String) async throws -> String {
        try await ShellCommand.run("\(binaries)/psql", arguments(database: database), input: sql)
    }

    func arguments(database: String) -> [String] {
        [
            "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", folder, "-p", "\(port)", "-U", "postgres", "-d", database, "-f",
            "-",
        ]
    }

    // MARK: - Starting

    private static func start(_ launch: Launch) async throws -> PostgresServer {
        let binaries = try installedBinaries()
        var failure: any Error = PostgresServerProblem("the server was never started")
        // Someone may take the free port before the server does.
        for _ in 0..<3 {
            do { return try await start(launch, binaries: binaries, port: FreePort.find()) } catch { failure = error }
        }
        throw failure
    }

    private static func start(_ launch: Launch, binaries: String, port: Int) async throws -> PostgresServer {
        let folder = try makeFolder(launch)
        let supervisor = Process()
        let shell = [
            "/bin/sh", "-c", supervisorScript, "postgres-supervisor", folder, binaries, "\(port)",
            launch.settings.joined(separator: "\n"), launch.access.joined(separator: "\n"),
            launch.primary.map { "host=\($0.folder) port=\($0.port) user=postgres" } ?? "",
        ]
        if getuid() == 0 {
            let identity = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
            supervisor.executableURL = URL(filePath: "/usr/bin/setpriv")
            supervisor.arguments = identity + ["/usr/bin/setsid", "--wait"] + shell
        } else {
            supervisor.executableURL = URL(filePath: "/usr/bin/setsid")
            supervisor.arguments = ["--wait"] + shell
        }
        let (input, output) = (Pipe(), Pipe())
        let lifeline = input.fileHandleForWriting
        // A child that inherited this end would keep the server alive.
        _ = fcntl(lifeline.fileDescriptor, F_SETFD, FD_CLOEXEC)
        supervisor.standardInput = input
        supervisor.standardOutput = output
        supervisor.standardError = output
        try supervisor.run()
        let report = await ShellCommand.read(output.fileHandleForReading, until: "\n")
        guard report == "ready" else { throw PostgresServerProblem("PostgreSQL did not start: \(report)") }
        return PostgresServer(folder: folder, port: port, binaries: binaries, lifeline: lifeline)
    }

    private static func makeFolder(_ launch: Launch) throws -> String {
        let folder = "/tmp/headrace-pg-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        var paths = [folder]
        for (name, content) in launch.files {
            paths.append("\(folder)/\(name)")
            try content.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
            // The server refuses a key that others can read.
            chmod("\(folder)/\(name)", 0o600)
        }
        // PostgreSQL refuses to run as root.
        guard getuid() == 0 else { return folder }
        guard let account = getpwnam("postgres") else { throw PostgresServerProblem.notInstalled }
        for path in paths { chown(path, account.pointee.pw_uid, account.pointee.pw_gid) }
        return folder
    }

    /// Ends the server when its standard input does, that is when the test process is gone, killed or not.
    /// It says `ready` or what went wrong.
    private static let supervisorScript = """
        trap '' INT TERM HUP PIPE
        folder=$1 bin=$2 port=$3 settings=$4 access=$5 primary=$6
        cd "$folder" || exit 1
        end() { "$bin/pg_ctl" -D data -s -m immediate stop >>end.log 2>&1; cd /; rm -rf "$folder"; }
        if [ -n "$primary" ]; then
            set -- "$bin/pg_basebackup" -D data -d "$primary" -R -c fast -X stream --no-sync
        else
            set -- "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N
        fi
        if "$@" >init.log 2>&1; then :; else
            tr '\\n' ' ' <init.log; echo; end; exit 1
        fi
        {
            echo "$access"
            echo 'local all all trust'
            echo 'local replication all trust'
            echo 'host all all 127.0.0.1/32 scram-sha-256'
        } >data/pg_hba.conf
        cat >>data/postgresql.conf <<SETTINGS
        fsync = off
        synchronous_commit = off
        full_page_writes = off
        max_connections = 200
        timezone = 'UTC'
        shared_buffers = 64MB
        listen_addresses = '127.0.0.1'
        port = $port
        unix_socket_directories = '$folder'
        $settings
        SETTINGS
        if "$bin/pg_ctl" -D data -s -w -l server.log start >start.log 2>&1; then echo ready; else
            cat start.log server.log | tr '\\n' ' '; echo; end; exit 1
        fi
        cat >/dev/null
        end
        """

    /// The newest installed version's folder of programs.
    private static func installedBinaries() throws -> String {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let found = versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
            .first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
        guard let found else { throw PostgresServerProblem.notInstalled }
        return found
    }
}

/// Why a test cannot have its server.
package struct PostgresServerProblem: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }

    static let notInstalled = PostgresServerProblem(
        "no PostgreSQL server under /usr/lib/postgresql: install the apt package postgresql")
}
