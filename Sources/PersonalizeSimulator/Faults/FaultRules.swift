import HTTPTypes

/// The fault rules of a simulator, in the order in which they are tried, and the seed of their chance.
package struct FaultRules: Sendable {
    var seed: UInt64
    var rules: [FaultRule]

    /// No faults at all.
    package static let none = FaultRules(seed: 0, rules: [])

    init(seed: UInt64, rules: [FaultRule]) {
        self.seed = seed
        self.rules = rules
    }

    /// Reads a fault file; `docs/simulator.md` describes it. Throws for anything that it does not describe.
    package init(json: [UInt8]) throws(FaultFileError) {
        let document: RawJSON
        do { document = try RawJSON(parsing: json) } catch {
            throw FaultFileError(place: "byte \(error.offset)", problem: "this is no JSON")
        }
        let top = try FaultFields(document, at: "the fault file", known: ["seed", "rules"])
        seed = UInt64(try top.integer("seed", in: 0...Int.max) ?? 0)
        rules = []
        for (index, element) in try top.array("rules").enumerated() {
            rules.append(try FaultRule(element, at: "rules[\(index)]", number: index + 1))
        }
    }
}

/// What is wrong with a fault file, and where.
package struct FaultFileError: Error, Equatable, CustomStringConvertible {
    var place: String
    var problem: String

    package var description: String { "\(place): \(problem)" }
}

extension FaultRule {
    init(_ json: RawJSON, at place: String, number: Int) throws(FaultFileError) {
        let fields = try FaultFields(json, at: place, known: ["name", "match", "effect"])
        let match = try Match(fields.value("match"), at: place + ".match")
        guard let effect = fields.value("effect") else {
            throw FaultFileError(place: place, problem: "effect is missing")
        }
        try self.init(
            name: try fields.text("name"), match: match, effect: effect, at: place + ".effect", number: number)
    }

    private init(name: String?, match: Match, effect json: RawJSON, at place: String, number: Int)
        throws(FaultFileError)
    {
        let fields = try FaultFields(
            json, at: place,
            known: [
                "type", "delay_ms", "apply", "status", "body", "headers", "retry_after", "chunk_bytes", "interval_ms",
            ])
        guard let type = try fields.text("type") else { throw FaultFileError(place: place, problem: "type is missing") }
        let effect: Effect
        var isApplied = false
        switch type {
        case "status": effect = try Self.status(fields, at: place)
        case "delay": (effect, isApplied) = (.delay, true)
        case "reset_before": effect = .reset
        case "reset_after": (effect, isApplied) = (.reset, true)
        case "drop_before": effect = .drop
        case "drop_after": (effect, isApplied) = (.drop, true)
        case "hang": effect = .hang
        case "slow":
            let chunk = try fields.integer("chunk_bytes", in: 1...65_536) ?? 8
            let interval = try fields.integer("interval_ms", in: 0...600_000) ?? 50
            (effect, isApplied) = (.slow(chunkInBytes: chunk, interval: .milliseconds(interval)), true)
        case "garbage": effect = .garbage
        default:
            throw FaultFileError(
                place: place,
                problem: "type '\(type)' is unknown; known: status, delay, reset_before, reset_after, drop_before, "
                    + "drop_after, hang, slow, garbage")
        }
        self.init(
            name: name ?? "rule \(number): \(type)", match: match, effect: effect,
            delay: .milliseconds(try fields.integer("delay_ms", in: 0...600_000) ?? 0),
            isApplied: try fields.boolean("apply") ?? isApplied)
    }

    private static func status(_ fields: FaultFields, at place: String) throws(FaultFileError) -> Effect {
        guard let status = try fields.integer("status", in: 200...599) else {
            throw FaultFileError(place: place, problem: "status is missing")
        }
        var headers = try fields.texts("headers")
        if let retryAfter = fields.value("retry_after") {
            headers["retry-after"] = try fields.text("retry_after", orNumber: retryAfter)
        }
        for (name, value) in headers where HTTPField.Name(name) == nil || !HTTPField.isValidValue(value) {
            throw FaultFileError(place: place + ".headers", problem: "'\(name)' is no header that HTTP can carry")
        }
        // The framing of an answer is not what this effect spoils: slow, drop and garbage do.
        let framing = ["content-length", "transfer-encoding", "connection"]
        if let name = headers.keys.first(where: { framing.contains($0.lowercased()) }) {
            throw FaultFileError(place: place + ".headers", problem: "'\(name)' is the simulator's own to set")
        }
        let body = try fields.textOrJSON("body") ?? ""
        if !body.isEmpty, [204, 304].contains(status) {
            throw FaultFileError(place: place + ".body", problem: "an answer with status \(status) has no body")
        }
        return .status(status, headers: headers, body: body)
    }
}

extension FaultRule.Match {
    init(_ json: RawJSON?, at place: String) throws(FaultFileError) {
        guard let json else { return }
        let fields = try FaultFields(
            json, at: place,
            known: ["method", "path", "project", "uid", "probability", "after", "first", "every", "per"])
        method = try fields.text("method")
        path = try fields.text("path")
        project = try fields.text("project")
        uid = try fields.text("uid")
        probability = try fields.share("probability") ?? 1
        after = try fields.integer("after", in: 0...Int.max) ?? 0
        first = try fields.integer("first", in: 0...Int.max)
        every = try fields.integer("every", in: 1...Int.max) ?? 1
        switch try fields.text("per") {
        case nil, "all": isPerUser = false
        case "user": isPerUser = true
        default: throw FaultFileError(place: place, problem: "per is neither \"all\" nor \"user\"")
        }
    }
}
