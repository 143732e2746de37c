import Testing

/// A project's things, built through the management API.
extension SimulatorClient {
    static let signedIn = ["x-project-uid": testProject, "authtoken": "any"]

    func manage(_ method: String, _ path: String, _ body: String = "") async throws -> RawReply {
        try await send(method, path, Self.signedIn, body: body)
    }

    /// Creates something and returns its uid.
    func create(_ path: String, _ body: String, sourceLocation: SourceLocation = #_sourceLocation) async throws
        -> String
    {
        let reply = try await manage("POST", path, body)
        #expect(reply.status == 201, "\(reply.body)", sourceLocation: sourceLocation)
        let match = reply.body.firstMatch(of: /"uid":"([0-9a-f]{24})"/)
        return String(try #require(match, sourceLocation: sourceLocation).1)
    }

    func createAttribute(_ key: String) async throws -> String {
        try await create("/attributes", #"{"name":"\#(key)","key":"\#(key)"}"#)
    }

    func createAudience(_ name: String, _ definition: String) async throws -> String {
        try await create("/audiences", #"{"name":"\#(name)","definition":\#(definition)}"#)
    }

    /// An active experience with one variant for each audience, its short uids counting from 0.
    func createExperience(_ name: String, status: String = "ACTIVE", tags: String = "[]", _ audiences: String...)
        async throws -> String
    {
        let variants = audiences.map { #"{"name":"for \#($0)","audiences":["\#($0)"]}"# }.joined(separator: ",")
        return try await create(
            "/experiences", #"{"name":"\#(name)","status":"\#(status)","tags":\#(tags),"variants":[\#(variants)]}"#)
    }

    func manifest(_ uid: String?, _ headers: [String: String] = [:], query: String = "") async throws -> RawReply {
        var headers = headers
        headers["x-project-uid"] = testProject
        headers["x-cs-personalize-user-uid"] = uid
        return try await send("GET", "/manifest" + query, headers)
    }

    /// Whether an audience with this definition takes the user in, as the manifest tells.
    func takes(_ uid: String?, _ definition: String, _ headers: [String: String] = [:]) async throws -> Bool {
        let audience = try await createAudience("asked", definition)
        let experience = try await createExperience("asked", audience)
        let reply = try await manifest(uid, headers)
        _ = try await manage("DELETE", "/experiences/\(experience)")
        _ = try await manage("DELETE", "/audiences/\(audience)")
        try #require(reply.status == 200)
        return reply.body.contains(#""activeVariantShortUid":"0""#)
    }
}

/// The texts of audience definitions.
enum Rules {
    static func all(_ rules: String...) -> String { combination("AND", rules) }
    static func any(_ rules: String...) -> String { combination("OR", rules) }

    /// `value` is JSON.
    static func custom(_ uid: String, _ condition: String, _ value: String? = nil, inverted: Bool = false) -> String {
        rule("CustomAttributeReference", uid, condition, value, inverted)
    }

    static func preset(_ name: String, _ condition: String, _ value: String? = nil) -> String {
        rule("PresetAttributeReference", name, condition, value, false)
    }

    static func rule(_ kind: String, _ ref: String, _ condition: String, _ value: String?, _ inverted: Bool) -> String {
        let options = value.map { #","attributeMatchOptions":{"__type":"Options","value":\#($0)}"# } ?? ""
        return #"{"__type":"Rule","attribute":{"__type":"\#(kind)","ref":"\#(ref)"},"#
            + #""attributeMatchCondition":"\#(condition)"\#(options),"invertCondition":\#(inverted)}"#
    }

    private static func combination(_ type: String, _ rules: [String]) -> String {
        #"{"__type":"RuleCombination","combinationType":"\#(type)","rules":[\#(rules.joined(separator: ","))]}"#
    }
}
