import Foundation
import TestKit
import Testing

/// A project that somebody is logged in to, with attributes and audiences that exist in Contentstack.
struct DefinitionsShop: Sendable {
    static let login = ["HEADRACE_AUTHTOKEN": "anything"]

    let shop: Workshop

    init(_ change: (inout MembersProject) -> Void = { _ in }) async throws {
        var project = MembersProject()
        project.authentication = "{method: authtoken}"
        change(&project)
        // The tests' own requests come faster than Contentstack takes them.
        shop = try await Workshop(project, switches: ["--management-requests-per-second", "0"])
    }

    func write(_ change: (inout MembersProject) -> Void) throws {
        var project = MembersProject()
        project.authentication = "{method: authtoken}"
        change(&project)
        try shop.write(project)
    }

    func headrace(_ arguments: String..., environment: [String: String] = login) async throws -> HeadraceProcess.Output
    {
        try await shop.start(arguments, environment: environment).end()
    }

    private func post(_ path: String, _ body: String) async throws -> String {
        let headers = ["authtoken: x", "x-project-uid: \(SimulatorProcess.projectUID)"]
        let curl = try RunningProcess(
            program: URL(filePath: "/usr/bin/curl"),
            ["-sS", "--fail-with-body", "-X", "POST", "\(shop.simulator.url)/\(path)", "--data-binary", "@-"]
                + headers.flatMap { ["-H", $0] },
            in: shop.folder.url, environment: HeadraceProcess.environment(), input: body)
        let output = await curl.end()
        guard output.exit == 0 else { throw Workshop.Unexpected(description: output.stdout + output.stderr) }
        let object = try JSONSerialization.jsonObject(with: Data(output.stdout.utf8)) as? [String: Any]
        return try #require(object?["uid"] as? String)
    }

    /// Returns its uid.
    @discardableResult func create(attribute key: String, _ description: String = "") async throws -> String {
        try await post("attributes", #"{"name":"\#(key)","key":"\#(key)","description":"\#(description)"}"#)
    }

    /// `rules` are conditions on attributes by uid, with the JSON of their value.
    func create(
        audience name: String, _ rules: (uid: String, condition: String, value: String?)...
    ) async throws {
        let written = rules.map { rule in
            let options = rule.value.map { #","attributeMatchOptions":{"__type":"MatchOptions","value":\#($0)}"# } ?? ""
            return #"{"__type":"Rule","attribute":{"__type":"CustomAttributeReference","ref":"\#(rule.uid)"},"#
                + #""attributeMatchCondition":"\#(rule.condition)"\#(options),"invertCondition":false}"#
        }
        try await create(
            audience: name,
            definition: #"{"__type":"RuleCombination","combinationType":"OR","rules":["#
                + written.joined(separator: ",") + "]}")
    }

    /// Returns its uid.
    @discardableResult func create(audience name: String, definition: String) async throws -> String {
        try await post("audiences", #"{"name":"\#(name)","definition":\#(definition)}"#)
    }

    func attributesFile() throws -> String {
        try String(contentsOf: shop.folder.url.appending(path: "models/attributes.yml"), encoding: .utf8)
    }
}
