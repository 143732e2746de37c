import Foundation
import TestKit
import Testing

/// Where a source's address and password may stand.
@Suite struct SourceLoginTests {
    private let members = "CREATE TABLE members (id int, uid text, tier text, points int8, note text)"

    private func shop(_ database: PostgresDatabase, url: String) async throws -> Workshop {
        try await database.execute(members)
        var project = MembersProject()
        project.source = "{type: postgres, url: \"\(url)\"}"
        return try await Workshop(project)
    }

    /// In the folder of the project, readable by its owner only.
    private func write(_ text: String, to name: String, of shop: Workshop) throws -> String {
        try shop.folder.write([name: text])
        let path = shop.folder.path + name
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    @Test func thePasswordComesFromAPgpassFile() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let (port, reader) = (database.server.port, PostgresDatabase.readerName)
        let shop = try await shop(database, url: "postgresql://\(reader)@127.0.0.1:\(port)/\(database.name)")
        #expect(try await shop.check().exit == 6)
        let line = "127.0.0.1:\(port):*:\(reader):\(PostgresDatabase.readerPassword)\n"
        let path = try write(line, to: "pgpass", of: shop)
        #expect(try await shop.check(environment: ["PGPASSFILE": path]).exit == 0)
    }

    @Test func everythingComesFromAServiceFile() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(database, url: "service=shop")
        let service = """
            [shop]
            host=127.0.0.1
            port=\(database.server.port)
            dbname=\(database.name)
            user=\(PostgresDatabase.readerName)
            password=\(PostgresDatabase.readerPassword)

            """
        let path = try write(service, to: "services", of: shop)
        #expect(try await shop.check(environment: ["PGSERVICEFILE": path]).exit == 0)
        let unknown = try await shop.check()
        #expect(unknown.exit != 0 && unknown.findings.first?.code.hasPrefix("source_") == true, "\(unknown)")
    }

    @Test func thePasswordComesFromAFileInsideTheAddress() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let place = "127.0.0.1:\(database.server.port)/\(database.name)"
        let url = "postgresql://\(PostgresDatabase.readerName):${file:secrets/password}@\(place)"
        let shop = try await shop(database, url: url)
        // As it stands in a URI: percent-encoded.
        try shop.folder.write(["secrets/password": "reader%20password%2F%C3%A4\n"])
        #expect(try await shop.check().exit == 0)
    }

    @Test func doctorRefusesASuperuserAndPrintsTheRoleThatIsEnough() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(database, url: database.superuserURL)
        let doctor = try await shop.headrace("doctor")
        #expect(doctor.exit == 2, "\(doctor)")
        #expect(doctor.stdout.contains("a role that can run programs on the database's host"))
        #expect(
            doctor.stdout.contains(
                "CREATE ROLE headrace LOGIN PASSWORD '…'; GRANT SELECT ON public.members TO headrace;"),
            "\(doctor.stdout)")
    }
}
