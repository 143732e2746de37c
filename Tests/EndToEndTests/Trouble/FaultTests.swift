import TestKit
import Testing

/// What a run makes of a destination in trouble.
@Suite struct FaultTests {
    static func rules(_ rules: String...) -> String { "{\"rules\":[\(rules.joined(separator: ","))]}" }
    static let none = "{}"

    @Test func busyAnswersAreTriedAgain() async throws {
        let busy = #"{"match":{"first":1,"per":"user"},"effect":{"type":"status","status":503}}"#
        let shop = try await Workshop(rows: Workshop.plainRows(10), faults: Self.rules(busy))
        let run = try await shop.run()
        #expect(run.exit == 0, "\(run.line)")
        #expect(run.operations == .allConfirmed(10))
        #expect(run.line.attempts.sent == 20 && run.line.attempts.retried == 10)
        #expect(try await shop.simulator.stats().requests == 20)
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test(arguments: ["reset_before", "reset_after", "drop_before", "drop_after", "garbage"])
    func aLostAnswerIsTriedAgain(effect: String) async throws {
        let lost = "{\"match\":{\"first\":1,\"per\":\"user\"},\"effect\":{\"type\":\"\(effect)\"}}"
        let shop = try await Workshop(rows: Workshop.plainRows(5), faults: Self.rules(lost))
        let run = try await shop.run()
        #expect(run.exit == 0, "\(run.line)")
        #expect(run.operations == .allConfirmed(5))
        #expect(try await shop.simulator.stats().users == 5)
        #expect(try await shop.run().operations.planned == 0)
    }

    /// Five failures in a row: from there on a run may wait for minutes, and nobody should wonder why.
    @Test func whoWaitsIsToldOfAnOutage() async throws {
        var project = MembersProject()
        project.sync = ["retry: {attempts: 1}"]
        let down = #"{"effect":{"type":"status","status":503}}"#
        let shop = try await Workshop(project, rows: Workshop.plainRows(5), faults: Self.rules(down))
        let run = try await shop.run()
        #expect(run.exit == 5 && run.operations.unknown == 5, "\(run.line)")
        let host = try #require(shop.simulator.url.split(separator: "/").last)
        let told = run.output.stderr.split(separator: "\n").filter {
            $0.contains("\(host) does not work at the moment")
        }
        #expect(told.count == 1 && told.allSatisfy { $0.contains("(503)") }, "\(run.output.stderr)")
    }

    @Test func retryAfterPausesTheWholeDestination() async throws {
        let limit = #"{"match":{"first":1},"effect":{"type":"status","status":429,"retry_after":1}}"#
        let shop = try await Workshop(rows: Workshop.plainRows(5), faults: Self.rules(limit))
        let run = try await shop.run()
        #expect(run.exit == 0, "\(run.line)")
        #expect(run.operations == .allConfirmed(5))
        #expect(run.line.seconds.deliver >= 1)
        #expect(run.line.seconds.deliver < 10)
    }

    @Test func aUserWhoseAnswersAreLostStaysDirtyUntilConfirmed() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(5))
        _ = try await shop.run()
        try await shop.simulator.setFaults(Self.rules(#"{"match":{"uid":"u3"},"effect":{"type":"drop_after"}}"#))
        try await shop.sql("UPDATE members SET points = 31 WHERE id = 3")
        let lost = try await shop.run()
        #expect(lost.exit == 5)
        #expect(lost.line.status == "failed")
        #expect(lost.operations == OperationNumbers(planned: 1, unknown: 1))
        #expect(try await shop.simulator.attributes(of: "u3") == #"{"loyalty_tier":"silver","points":31}"#)

        // The source goes back to what was last confirmed: only the dirty mark knows that the destination did not.
        try await shop.sql("UPDATE members SET points = 30 WHERE id = 3")
        try await shop.simulator.setFaults(Self.none)
        let plan = try await shop.plan()
        #expect(plan.line.users.map(\.userUID) == ["u3"])
        #expect(plan.line.users.map(\.reason) == ["dirty"])
        #expect(plan.line.users.map(\.kind) == ["unchanged"])
        let run = try await shop.run()
        #expect(run.exit == 0)
        #expect(run.rows == RowNumbers(queried: 5, unchanged: 5))
        #expect(run.operations == .allConfirmed(1))
        #expect(try await shop.simulator.attributes(of: "u3") == #"{"loyalty_tier":"silver","points":30}"#)
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test(arguments: [400, 422]) func aRefusedUserIsRejectedAndTheOthersGoOn(status: Int) async throws {
        let refusal = "{\"match\":{\"uid\":\"u2\"},\"effect\":{\"type\":\"status\",\"status\":\(status)}}"
        let shop = try await Workshop(rows: Workshop.plainRows(5), faults: Self.rules(refusal))
        let run = try await shop.run()
        #expect(run.exit == 3)
        #expect(run.line.status == "completed_with_errors")
        #expect(run.operations == OperationNumbers(planned: 5, confirmed: 4, rejected: 1))
        #expect(try await shop.simulator.requests(of: "u2").count == 1)
        // A rejected user is sent again by the next run, with the then current values.
        try await shop.sql("UPDATE members SET points = 21 WHERE id = 2")
        try await shop.simulator.setFaults(Self.none)
        #expect(try await shop.run().operations == .allConfirmed(1))
        #expect(try await shop.simulator.attributes(of: "u2") == #"{"loyalty_tier":"silver","points":21}"#)
    }

    @Test(arguments: [401, 403, 302]) func aDestinationThatRefusesUsIsLeftAloneAfterFive(status: Int) async throws {
        var project = MembersProject()
        project.destination = ["max_in_flight: 1"]
        let refusal =
            "{\"effect\":{\"type\":\"status\",\"status\":\(status),\"headers\":{\"location\":\"http://127.0.0.1:1/\"}}}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(50), faults: Self.rules(refusal))
        let stopped = try await shop.run()
        #expect(stopped.exit == 5)
        #expect(stopped.line.status == "failed")
        #expect(stopped.operations == OperationNumbers(planned: 50, deferred: 50))
        #expect(try #require(stopped.line.error).contains("\(status)"))
        #expect(try await shop.simulator.stats().requests == 5)
        try await shop.simulator.setFaults(Self.none)
        let run = try await shop.run()
        #expect(run.exit == 0)
        #expect(run.operations == .allConfirmed(50))
        #expect(try await shop.simulator.stats().requests == 55)
    }

    @Test func aDestinationThatIsDownDefers() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        await shop.simulator.end()
        let run = try await shop.run()
        #expect(run.exit == 5)
        #expect(run.operations == OperationNumbers(planned: 1, deferred: 1))
        #expect(try #require(run.line.error).isEmpty == false)
    }

    @Test func aRequestThatHangsIsGivenUpAtItsTimeLimit() async throws {
        var project = MembersProject()
        project.destination = ["max_in_flight: 16", "timeout: 1s"]
        let hang = #"{"match":{"first":1,"per":"user"},"effect":{"type":"hang"}}"#
        let shop = try await Workshop(project, rows: Workshop.plainRows(3), faults: Self.rules(hang))
        let run = try await shop.run()
        #expect(run.exit == 0, "\(run.line)")
        #expect(run.operations == .allConfirmed(3))
        #expect(run.line.attempts.retried == 3)
        #expect(run.line.seconds.deliver >= 1 && run.line.seconds.deliver < 10)
    }

    @Test func aSlowAnswerCountsAgainstTheWholeRequest() async throws {
        var project = MembersProject()
        project.destination = ["timeout: 1s"]
        // A byte now and then: never idle for a second, never done.
        let slow =
            #"{"match":{"first":1,"per":"user"},"effect":{"type":"slow","chunk_bytes":1,"interval_ms":200}}"#
        let shop = try await Workshop(project, rows: Workshop.plainRows(1), faults: Self.rules(slow))
        let run = try await shop.run()
        #expect(run.exit == 0, "\(run.line)")
        #expect(run.line.attempts.sent == 2)
        #expect(run.line.seconds.deliver < 5)
    }

    @Test func aUserIsNeverSentTwiceAtOnce() async throws {
        let slow = #"{"match":{"probability":0.3},"effect":{"type":"delay","delay_ms":30}}"#
        let busy = #"{"match":{"probability":0.05},"effect":{"type":"status","status":503}}"#
        let shop = try await Workshop(rows: Workshop.plainRows(500), faults: Self.rules(busy, slow))
        #expect(try await shop.run().operations == .allConfirmed(500))
        #expect(try await shop.simulator.stats().maxInFlightPerUser == 1)
    }
}
