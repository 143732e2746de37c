import Foundation
import ProjectModels
import SyncCore
import Testing

@Suite struct ContractExampleTests {
    static let environment = [
        "WAREHOUSE_URL": "postgresql://reader:hush@db.example.com/shop", "CONTENTSTACK_PROJECT_UID": "6400abcd",
        "SLACK_WEBHOOK_URL": "https://hooks.example.com/x", "PD_KEY": "k", "T_SID": "s", "T_KEY": "k",
        "T_SECRET": "x", "SMTP_PASSWORD": "p", "WEBHOOK_SECRET": "w", "TEAMS_URL": "https://teams.example.com/x",
    ]

    private func load() throws -> (project: Project?, findings: [Diagnostic]) {
        let sample = try SampleProject([
            "headrace.yml": ContractExamples.headrace, "models/attributes.yml": ContractExamples.attributes,
            "models/people.yml": nil, "models/people.sql": nil, "models/members.yml": ContractExamples.model,
            "models/members.sql": "SELECT 1",
        ])
        return sample.load(Self.environment)
    }

    @Test func theContractsOwnFilesLoadWithoutFindings() throws {
        let (project, findings) = try load()
        #expect(findings.map { $0.rendered() } == [])
        #expect(project?.name == "acme-personalize")
        #expect(project?.sources.map(\.name) == ["shop", "warehouse"])
        #expect(project?.sources.last?.statementTimeout == .seconds(600))
        #expect(project?.alerts.channels.count == 7)
        #expect(project?.alerts.rules.first?.channels == ["ops"])
    }

    @Test func theDestinationIsReadKeyByKey() throws {
        let destination = try #require(load().project?.destinations.first)
        #expect(destination.projectUID == "6400abcd")
        #expect(destination.edgeURL == "http://127.0.0.1:8787")
        #expect(destination.maxInFlight == 256)
        #expect(destination.maxRequestsPerSecond == nil)
        #expect(destination.timeout == .seconds(10))
    }

    @Test func theSyncIsReadKeyByKey() throws {
        let sync = try #require(load().project?.syncs.first)
        #expect(sync.name == "loyalty")
        #expect(sync.model.primaryKey == ["member_id"])
        #expect(
            sync.model.tests.map(\.name) == [
                "unique_members_member_id", "not_null_members_member_id", "not_null_members_tier",
                "accepted_values_members_tier", "row_count_members",
            ])
        #expect(
            sync.mappings.map(\.attribute.key) == [
                "loyalty_tier", "points", "audience_ids", "source_system", "full_name",
            ])
        #expect(sync.mappings[1].onNull == .constant(.integer(0)))
        #expect(sync.mappings[2].onRemoved == .string(""))
        #expect(sync.mappings[3].origin == .value(.string("warehouse")))
        #expect(
            sync.mappings[4].origin
                == .template(
                    Template(parts: [.column("first_name"), .text(" "), .column("last_name")])))
        #expect(sync.schedule?.trigger == .cron("*/15 * * * *"))
        #expect(sync.guards.maxRemovedPercent == 20)
        #expect(sync.retry.quarantineAfterRuns == 5)
        #expect(sync.model.primaryKeyPosition == .init("models/members.yml", line: 3, column: 16))
        #expect(sync.match.position == .init("models/members.yml", line: 14, column: 21))
    }
}
