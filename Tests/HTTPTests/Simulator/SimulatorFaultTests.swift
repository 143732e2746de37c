import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorFaultTests {
    private static func rule(_ effect: String, match: String = "{}") -> String {
        #"{"rules":[{"name":"trouble","match":\#(match),"effect":{\#(effect)}}]}"#
    }

    @Test func answersWithTheStatusBodyAndHeadersOfARule() async throws {
        let effect =
            #""type":"status","status":429,"retry_after":7,"headers":{"x-note":"slow down"},"body":{"error":"busy"}"#
        try await withSimulator(faults: Self.rule(effect)) { (client) async throws in
            let reply = try await client.patch("u1", #"{"a":1}"#)
            #expect(reply.status == 429)
            #expect(reply.header("retry-after") == "7")
            #expect(reply.header("x-note") == "slow down")
            #expect(reply.body == #"{"error":"busy"}"#)
            #expect(try await client.attributes("u1") == nil)
        }
    }

    @Test func appliesBeforeAnErrorStatusWhenTold() async throws {
        try await withSimulator(faults: Self.rule(#""type":"status","status":502,"apply":true"#)) {
            (client) async throws in
            #expect(try await client.patch("u1", #"{"a":1}"#).status == 502)
            #expect(try await client.attributes("u1") == #"{"a":1}"#)
        }
    }

    @Test(arguments: [
        ("reset_before", RawReply.End.reset, nil), ("reset_after", .reset, #"{"a":1}"#),
        ("drop_before", .closed, nil), ("drop_after", .closed, #"{"a":1}"#),
    ])
    func breaksTheConnectionBeforeOrAfterApplying(type: String, end: RawReply.End, held: String?) async throws {
        try await withSimulator(faults: Self.rule(#""type":"\#(type)""#)) { (client) async throws in
            let reply = try await client.patch("u1", #"{"a":1}"#)
            #expect(reply.end == end)
            #expect(reply.text.isEmpty)
            #expect(try await client.attributes("u1") == held)
            let log = try await client.send("GET", "/__simulator/requests").body
            #expect(log.contains(#""status":null,"fault":"trouble","applied":\#(held != nil)"#))
        }
    }

    @Test func answersLateByTheDelay() async throws {
        let clock = RecordingClock()
        let faults = Self.rule(#""type":"delay","delay_ms":60000"#)
        try await withSimulator(SimulatorOptions(clock: clock), faults: faults) { (client) async throws in
            #expect(try await client.patch("u1", #"{"a":1}"#).status == 204)
            #expect(clock.waits.count == 1)
            #expect(clock.waits.allSatisfy { $0 > .seconds(59) && $0 <= .seconds(60) })
        }
    }

    @Test func tricklesAWholeAnswerInPieces() async throws {
        let clock = RecordingClock()
        let faults = Self.rule(#""type":"slow","chunk_bytes":10,"interval_ms":1000"#)
        try await withSimulator(SimulatorOptions(clock: clock), faults: faults) { (client) async throws in
            let reply = try await client.patch("u1", #"{"a":1}"#)
            #expect(reply.status == 204)
            #expect(reply.end == .answered)
            #expect(reply.header("x-cs-personalize-user-uid") == "u1")
            #expect(clock.waits.count == (reply.text.utf8.count - 2) / 10)
            #expect(try await client.attributes("u1") == #"{"a":1}"#)
        }
    }

    @Test func sendsBytesThatAreNoHTTP() async throws {
        try await withSimulator(faults: Self.rule(#""type":"garbage""#)) { (client) async throws in
            let reply = try await client.patch("u1", #"{"a":1}"#)
            #expect(reply.status == nil)
            #expect(reply.end == .closed)
            #expect(reply.text.contains("no HTTP"))
            #expect(try await client.attributes("u1") == nil)
        }
    }

    @Test func hangsUntilTheClientGivesUp() async throws {
        try await withSimulator(faults: Self.rule(#""type":"hang","apply":true"#)) { (client) async throws in
            let patience = Task { try await client.patch("u1", #"{"a":1}"#) }
            try await client.waitForStats(#""in_flight":1,"#)
            #expect(try await client.attributes("u1") == #"{"a":1}"#)
            patience.cancel()
            _ = try? await patience.value
            try await client.waitForStats(#""in_flight":0,"#)
        }
    }

    @Test func stopsWhileARequestHangs() async throws {
        try await withSimulator(faults: Self.rule(#""type":"hang""#)) { (client) async throws in
            Task { try await client.patch("u1", "{}") }
            try await client.waitForStats(#""in_flight":1,"#)
        }
    }

    @Test func takesOtherRulesWhileItRuns() async throws {
        try await withSimulator { (client) async throws in
            #expect(try await client.patch("u1", "{}").status == 204)
            let faults = Self.rule(#""type":"status","status":503"#)
            #expect(try await client.send("PUT", "/__simulator/faults", body: faults).status == 204)
            #expect(try await client.patch("u1", "{}").status == 503)
            #expect(try await client.send("PUT", "/__simulator/faults", body: #"{"rules":[]}"#).status == 204)
            #expect(try await client.patch("u1", "{}").status == 204)
            let refusal = try await client.send("PUT", "/__simulator/faults", body: #"{"rulez":[]}"#)
            #expect(refusal.status == 400)
            #expect(refusal.body.contains("key 'rulez' is unknown; known: seed, rules"))
        }
    }

    @Test(arguments: [
        (#"{"first":2}"#, [503, 503, 204, 204, 204, 204]), (#"{"after":4}"#, [204, 204, 204, 204, 503, 503]),
        (#"{"every":3}"#, [204, 204, 503, 204, 204, 503]),
        (#"{"after":1,"first":3,"every":2}"#, [204, 204, 503, 204, 204, 204]),
        (#"{"uid":"u?"}"#, [503, 503, 503, 503, 503, 503]), (#"{"uid":"*2"}"#, [204, 204, 204, 204, 204, 204]),
        (#"{"method":"GET"}"#, [204, 204, 204, 204, 204, 204]),
        (#"{"probability":0}"#, [204, 204, 204, 204, 204, 204]),
    ])
    func hitsTheRequestsThatTheRuleNames(match: String, statuses: [Int]) async throws {
        try await withSimulator(faults: Self.rule(#""type":"status","status":503"#, match: match)) {
            (client) async throws in
            var seen: [Int?] = []
            for _ in statuses { seen.append(try await client.patch("u1", "{}").status) }
            #expect(seen == statuses)
        }
    }

    @Test func countsForEachUserApartWhenTold() async throws {
        let faults = Self.rule(#""type":"status","status":503"#, match: #"{"first":1,"per":"user"}"#)
        try await withSimulator(faults: faults) { (client) async throws in
            for uid in ["u1", "u2", "u3"] {
                #expect(try await client.patch(uid, "{}").status == 503)
                #expect(try await client.patch(uid, "{}").status == 204)
            }
        }
    }

    @Test func dealsOutChanceBySeedWhateverTheOrder() async throws {
        let uids = (1...60).map { "u\($0)" }
        func hit(seed: Int, in order: [String]) async throws -> Set<String> {
            let faults =
                #"{"seed":\#(seed),"rules":[{"match":{"probability":0.3},"effect":{"type":"status","status":503}}]}"#
            let hit = HitUsers()
            try await withSimulator(faults: faults) { (client) async throws in
                for uid in order where try await client.patch(uid, "{}").status == 503 { await hit.add(uid) }
            }
            return await hit.uids
        }
        let forwards = try await hit(seed: 1, in: uids)
        #expect((8...30).contains(forwards.count))
        #expect(try await hit(seed: 1, in: uids.reversed()) == forwards)
        #expect(try await hit(seed: 2, in: uids) != forwards)
    }

    @Test(arguments: [
        ("[]", "the fault file: an object is wanted"),
        (#"{"rules":[{"effect":{"type":"explode"}}]}"#, "rules[0].effect: type 'explode' is unknown"),
        (#"{"rules":[{"effect":{"type":"status"}}]}"#, "rules[0].effect: status is missing"),
        (#"{"rules":[{"match":{"probability":2},"effect":{"type":"hang"}}]}"#, "probability wants a number of 0 to 1"),
        (#"{"rules":[{"match":{"every":0},"effect":{"type":"hang"}}]}"#, "every wants an integer of 1 or more"),
        (
            #"{"rules":[{"effect":{"type":"status","status":204,"body":"x"}}]}"#,
            "rules[0].effect.body: an answer with status 204 has no body"
        ),
        (
            #"{"rules":[{"effect":{"type":"status","status":500,"headers":{"bad name":"x"}}}]}"#,
            "rules[0].effect.headers: 'bad name' is no header"
        ),
        (
            #"{"rules":[{"effect":{"type":"status","status":500,"headers":{"Content-Length":"50"}}}]}"#,
            "rules[0].effect.headers: 'Content-Length' is the simulator's own"
        ),
        (#"{"rules":[{}]}"#, "rules[0]: effect is missing"), ("{", "this is no JSON"),
    ])
    func refusesAFaultFileWithAMistakeAndNamesThePlace(file: String, message: String) {
        let error = #expect(throws: FaultFileError.self) { try FaultRules(json: Array(file.utf8)) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
    }
}

private actor HitUsers {
    private(set) var uids: Set<String> = []
    func add(_ uid: String) { uids.insert(uid) }
}
