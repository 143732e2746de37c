import SQLDatabases
import SyncCore
import TestKit
import Testing

@Suite struct PostgresConnectionTests {
    private func failure(_ url: String) async -> SourceFailure? {
        let source = PostgresSource(name: "warehouse", url: Secret(url), allowSuperuser: false, statementTimeout: nil)
        do throws(SourceFailure) {
            _ = try await source.probe()
            return nil
        } catch { return error }
    }

    @Test func saysWhoIsConnectedWhere() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let answer = try await database.source().probe()
        #expect(answer.contains("PostgreSQL 1"))
        #expect(
            answer.contains("\"headrace_reader\", database \"\(database.name)\" at 127.0.0.1:\(database.server.port)"))
    }

    @Test func namesTheServerWhenThePasswordIsWrongAndNeverThePassword() async throws {
        let port = try await PostgresServer.shared().port
        let failure = try #require(await failure("postgresql://headrace_reader:hunter2@127.0.0.1:\(port)/postgres"))
        #expect(failure.kind == .unreachable && failure.diagnostic.code == "source_connection")
        #expect(failure.diagnostic.message.contains("password authentication failed for user \"headrace_reader\""))
        #expect(failure.diagnostic.message.contains("host 127.0.0.1, port \(port), database \"postgres\""))
        #expect(!failure.diagnostic.rendered().contains("hunter2"))
    }

    @Test func namesTheMissingDatabase() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let url = database.readerURL.replacing("/\(database.name)", with: "/nowhere")
        let failure = try #require(await failure(url))
        #expect(failure.kind == .unreachable)
        #expect(failure.diagnostic.message.contains("database \"nowhere\" does not exist"))
    }

    @Test func namesThePortThatRefuses() async throws {
        let port = try FreePort.find()
        let failure = try #require(await failure("host=127.0.0.1 port=\(port) user=u dbname=d"))
        #expect(failure.kind == .unreachable && failure.diagnostic.message.contains("port \(port)"))
        #expect(failure.diagnostic.message.contains("refused"))
    }

    @Test(arguments: ["postgresql://u:secret%zz@h/d", "postgresql://u:sec@ret@h/d", "host secret"])
    func quotesNothingOfAnAddressThatCannotBeRead(_ url: String) async throws {
        let failure = try #require(await failure(url))
        #expect(failure.kind == .statement && failure.diagnostic.code == "source_url")
        #expect(!failure.diagnostic.rendered().contains("ret") && !failure.diagnostic.rendered().contains("secret"))
    }

    @Test func refusesASuperuserUnlessAllowed() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let failure = try #require(await failure(database.superuserURL))
        #expect(failure.kind == .statement && failure.diagnostic.code == "superuser")
        #expect(try #require(failure.diagnostic.hint).contains("allow_superuser: true"))
        let allowed = PostgresSource(
            name: "w", url: Secret(database.superuserURL), allowSuperuser: true, statementTimeout: nil)
        #expect(try await allowed.rows("SELECT 1") == [[.cell(.integer(1))]])
    }

    @Test(arguments: ["pg_execute_server_program", "postgres", "between"])
    func refusesAMemberOfARoleThatRunsPrograms(granted: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let (role, between) = ("program_\(database.name)", "between_\(database.name)")
        // Inherited or not: what it may take on with SET ROLE counts.
        try await database.execute(
            """
            CREATE ROLE \(role) LOGIN NOINHERIT; CREATE ROLE \(between) NOINHERIT; GRANT postgres TO \(between);
            GRANT \(granted == "between" ? between : granted) TO \(role)
            """)
        let url = database.superuserURL.replacing("postgres@", with: "\(role)@")
        #expect(try #require(await failure(url)).diagnostic.code == "superuser")
    }
}
