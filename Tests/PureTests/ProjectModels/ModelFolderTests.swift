import Foundation
import ProjectModels
import SyncCore
import Testing

/// Models in folders below models/.
@Suite struct ModelFolderTests {
    private func sample(_ files: [String: String]) throws -> SampleProject {
        let sample = try SampleProject()
        for (path, text) in files {
            let folder = (sample.directory + "/" + path as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try sample.write(path, text)
        }
        return sample
    }

    private static let model = "model: {source: shop, primary_key: id}\n"

    @Test func aModelIsNamedAfterItsFile() throws {
        let sample = try sample([
            "models/eu/shops/orders.yml": Self.model, "models/eu/shops/orders.sql": "SELECT 1 AS id",
            "models/.hidden/x.yml": "nonsense", "models/eu/.y.yml": "nonsense",
        ])
        let (project, findings) = sample.load()
        #expect(findings.isEmpty)
        #expect(project?.models.map(\.name).sorted() == ["orders", "people"])
        let orders = project?.models.first { $0.name == "orders" }
        #expect(orders?.statement.start.file == "models/eu/shops/orders.sql")
        #expect(orders?.position?.file == "models/eu/shops/orders.yml")
    }

    @Test func aNameThatTwoFoldersHaveIsAnError() throws {
        let sample = try sample([
            "models/a/people.yml": Self.model, "models/a/people.sql": "SELECT 1 AS id",
            "models/b/attributes.yml": "attributes: {}\n", "models/b/lonely.sql": "SELECT 1", "models/b/x.yaml": "",
        ])
        #expect(
            sample.places() == [
                "models/b/attributes.yml:1:1 misplaced_file", "models/b/lonely.sql:1:1 missing_model_file",
                "models/b/x.yaml:1:1 wrong_extension", "models/people.yml:1:1 duplicate_model",
            ])
        #expect(sample.load().findings.last?.message == "a model `people` is already at models/a/people.yml")
    }

    @Test func aNameOfOurOwnIsRefused() throws {
        let sample = try sample([
            "models/eu/headrace_include_2.yml": Self.model, "models/eu/headrace_include_2.sql": "SELECT 1 AS id",
            "models/Headrace_x.yml": Self.model, "models/Headrace_x.sql": "SELECT 1 AS id",
            "models/headrace.yml": "model: {source: shop, primary_key: id, include: headrace_include_2}\n",
            "models/headrace.sql": "SELECT 1 AS id",
        ])
        #expect(
            sample.places() == [
                "models/Headrace_x.yml:1:1 reserved_name", "models/eu/headrace_include_2.yml:1:1 reserved_name",
            ])
    }

    @Test func aLinkToAFolderIsNotFollowed() throws {
        let sample = try sample([:])
        try FileManager.default.createSymbolicLink(
            atPath: sample.directory + "/models/loop", withDestinationPath: sample.directory + "/models")
        #expect(sample.places().isEmpty)
    }
}
