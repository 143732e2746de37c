import Foundation
import TestKit
import Testing

/// What a read is refused, doctor says too.
@Suite struct DoctorRightsTests {
    private let reader = PostgresDatabase.readerName

    private func shop(_ database: PostgresDatabase, model: [String] = [], _ sql: String) async throws -> Workshop {
        try await database.execute(sql)
        var project = MembersProject()
        project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
        project.model = model
        return try await Workshop(project)
    }

    private func rights(_ shop: Workshop, exit: Int32) async throws -> (message: String, hint: String?) {
        let doctor = try await shop.headrace("doctor", "--output", "json")
        #expect(doctor.exit == exit, "\(doctor)")
        let rights = try #require(doctor.json.first { $0["part"] as? String == "rights" })
        return (rights["message"] as? String ?? "", rights["hint"] as? String)
    }

    @Test func aTableThatOnlyATestOfTheModelReadsIsAmongThem() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(
            database, model: ["tests:", "  - {relationships: {column: tier, to: tiers, field: name}}"],
            """
            CREATE TABLE members (id int, uid text, tier text, points int8, note text);
            CREATE TABLE tiers (name text); REVOKE ALL ON tiers FROM \(reader);
            """)
        let grant = "GRANT SELECT ON public.tiers TO \(reader);"
        let found = try await rights(shop, exit: 6)
        #expect(found.message == "role \(reader) lacks a right to public.tiers" && found.hint == grant)
        try await database.execute(grant)
        #expect(try await rights(shop, exit: 0).message.contains("may read public.members, public.tiers"))
        #expect(try await shop.headrace("test").exit == 0)
    }

    @Test func aViewWhoseOwnerLostItsRightIsRefusedInBoth() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let owner = "owner_\(database.name)"
        let shop = try await shop(
            database,
            """
            CREATE ROLE \(owner); CREATE TABLE people (id int, uid text, tier text, points int8, note text);
            REVOKE ALL ON people FROM \(reader); CREATE VIEW members AS SELECT * FROM people;
            ALTER VIEW members OWNER TO \(owner); GRANT SELECT ON members TO \(reader);
            """)
        #expect(try await shop.check().exit == 6)
        let found = try await rights(shop, exit: 6)
        #expect(found.message.contains("models/members.sql:1: permission denied for table people"), "\(found)")
        #expect(try #require(found.hint).contains("owner"))
    }

    @Test func aForeignTableWithoutALoginIsRefusedInBoth() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(
            database,
            """
            CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
            CREATE FOREIGN TABLE members (id int, uid text, tier text, points int8, note text) SERVER far;
            """)
        #expect(try await shop.check().exit == 6)
        #expect(try await rights(shop, exit: 6).message.contains("user mapping not found"))
    }
}
