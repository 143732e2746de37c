import SQLDatabases
import SyncCore
import TestKit
import Testing

/// Tables that lie on another server.
@Suite struct PostgresForeignTests {
    /// Foreign table `members` of a server on that port; `login` are the options of the reader's user mapping.
    private func database(port: Int, login: String?) async throws -> PostgresDatabase {
        let database = try await PostgresServer.shared().newDatabase()
        let mapping = login.map {
            "CREATE USER MAPPING FOR \(PostgresDatabase.readerName) SERVER far OPTIONS (\($0));"
        }
        try await database.execute(
            """
            CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw
                OPTIONS (host '127.0.0.1', port '\(port)', dbname 'postgres', connect_timeout '5');
            \(mapping ?? "") CREATE FOREIGN TABLE members (id int, tier text) SERVER far;
            """)
        return database
    }

    @Test func aForeignServerThatIsDownIsNoLostConnection() async throws {
        let database = try await database(port: FreePort.find(), login: "user 'u', password 'p'")
        let failure = try #require(await database.source().describeFailure(of: "SELECT id, tier FROM members"))
        #expect(failure.kind == .unavailable && failure.diagnostic.code == "source_unavailable")
        #expect(failure.diagnostic.message.contains("could not connect to server \"far\""))
        let reading = try #require(await database.source().failure(of: "SELECT id, tier FROM members"))
        #expect(reading.kind == .unavailable && reading.diagnostic.code == "source_unavailable")
        #expect(reading.diagnostic.message.contains("cannot reach a foreign server"))
    }

    @Test func aForeignServerThatRefusesTheLoginIsNamed() async throws {
        let port = try await PostgresServer.shared().port
        let database = try await database(port: port, login: "user 'nobody', password 'opensesame'")
        let failure = try #require(await database.source().describeFailure(of: "SELECT id FROM members"))
        #expect(failure.kind == .unavailable && failure.diagnostic.message.contains("server \"far\""))
        #expect(!failure.diagnostic.rendered().contains("opensesame"))
    }

    @Test func aForeignTableWithoutALoginIsTheSourcesTrouble() async throws {
        let database = try await database(port: FreePort.find(), login: nil)
        let model = SQLStatement.model("SELECT id FROM members")
        let failure = try #require(await database.source().describeFailure(of: model.text))
        #expect(failure.kind == .unavailable && failure.diagnostic.code == "source_unavailable")
        #expect(failure.diagnostic.message.contains("user mapping not found"))
        let rights = try #require(try await database.source().rights(toRead: [model, model]))
        #expect(rights.missing.isEmpty && rights.refusals.count == 1, "\(rights)")
        #expect(try #require(rights.refusals.first).contains("user mapping not found"))
    }
}
