import TestKit
import Testing

/// A run that does more harm than good stops by itself: counted on the server, not in the report alone.
@Suite struct StopWhileSendingTests {
    static let maxInFlight = 8

    private func shop(users: Int, attempts: Int = 3) async throws -> FaultyShop {
        try await FaultyShop(
            users: users, ["max_in_flight: \(Self.maxInFlight)"], sync: ["retry: {attempts: \(attempts)}"])
    }

    private func users(_ numbers: some Sequence<Int>) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: numbers.map { ("u\($0)", Int.max) })
    }

    /// Nobody else was sent, the run says why, and a healthy run sends the rest.
    private func expectStopped(
        _ run: Workshop.Run, in shop: FaultyShop, rejected: ClosedRange<Int>, words: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(run.exit == 5, sourceLocation: sourceLocation)
        #expect(run.line.status == "failed", sourceLocation: sourceLocation)
        #expect(try #require(run.line.error).contains(words), "\(run.line)", sourceLocation: sourceLocation)
        #expect(rejected.contains(run.operations.rejected), "\(run.line)", sourceLocation: sourceLocation)
        #expect(run.operations.unknown == 0 && run.operations.deferred > 0, sourceLocation: sourceLocation)
        #expect(run.line.attempts.sent == shop.server.requests.count, sourceLocation: sourceLocation)
        let (planned, confirmed) = (run.operations.planned, run.operations.confirmed)
        shop.server.play(nil)
        let healthy = try await shop.run(sourceLocation: sourceLocation)
        #expect(healthy.exit == 0, sourceLocation: sourceLocation)
        #expect(healthy.operations == .allConfirmed(planned - confirmed), sourceLocation: sourceLocation)
        try await shop.expectEqual(sourceLocation: sourceLocation)
    }

    @Test func theFirstTwentyOfALargeRunGoOneAtATime() async throws {
        let shop = try await shop(users: 300)
        #expect(try await shop.run().operations == .allConfirmed(300))
        let requests = shop.server.requests
        #expect(requests.prefix(20).allSatisfy { $0.inFlight == 1 })
        #expect(requests.dropFirst(20).contains { $0.inFlight > 1 })
        #expect(requests.allSatisfy { $0.inFlight <= Self.maxInFlight })
        try await shop.expectEqual()
    }

    @Test func aSmallRunHasNoCanary() async throws {
        let shop = try await shop(users: 199)
        shop.server.play(.status(422), everyone: .max)
        let run = try await shop.run()
        #expect(run.exit == 3)
        #expect(run.operations == OperationNumbers(planned: 199, rejected: 199))
        #expect(shop.server.requests.count == 199)
    }

    @Test func halfOfTheCanaryRejectedStops() async throws {
        let shop = try await shop(users: 200)
        shop.server.play(.status(422), to: users(stride(from: 2, through: 200, by: 2)))
        let run = try await shop.run()
        #expect(shop.server.requests.count == 20)
        try await expectStopped(run, in: shop, rejected: 10...10, words: "10 of 20 users were rejected (422")
    }

    @Test func anyTenOfTheCanaryAreHalfOfIt() async throws {
        let shop = try await shop(users: 200)
        shop.server.play(.status(400), everyone: .max)
        let run = try await shop.run()
        #expect(shop.server.requests.count == 10)
        try await expectStopped(run, in: shop, rejected: 10...10, words: "10 of 10 users were rejected (400")
    }

    @Test func fiveNotFoundInARowStop() async throws {
        let shop = try await shop(users: 250)
        shop.server.play(.status(404), to: users(3...250))
        let run = try await shop.run()
        #expect(shop.server.requests.map(\.uid) == (1...7).map { "u\($0)" })
        try await expectStopped(run, in: shop, rejected: 5...5, words: "(404")
    }

    @Test func fourNotFoundInARowDoNot() async throws {
        let shop = try await shop(users: 250)
        shop.server.play(.status(404), to: users(Array(1...4) + Array(6...9)))
        let run = try await shop.run()
        #expect(run.exit == 3)
        #expect(run.operations == OperationNumbers(planned: 250, confirmed: 242, rejected: 8))
    }

    @Test func moreThanATenthOfTheLastTwoHundredStops() async throws {
        let shop = try await shop(users: 700)
        shop.server.play(.status(422), to: users(401...700))
        let run = try await shop.run()
        // What was in flight at the twenty-first is still answered.
        try await expectStopped(
            run, in: shop, rejected: 21...(20 + Self.maxInFlight), words: "21 of 200 users were rejected (422")
    }

    @Test func aTwelfthOfAllDoesNot() async throws {
        let shop = try await shop(users: 600)
        shop.server.play(.status(422), to: users(stride(from: 12, through: 600, by: 12)))
        let run = try await shop.run()
        #expect(run.exit == 3)
        #expect(run.operations == OperationNumbers(planned: 600, confirmed: 550, rejected: 50))
    }

    @Test(arguments: [401, 403, 301, 302, 307, 308]) func fiveRefusalsOfUsInARowStop(status: Int) async throws {
        let shop = try await shop(users: 100)
        shop.server.play(.status(status, "location: http://127.0.0.1:1/"), everyone: .max)
        let run = try await shop.run()
        #expect(run.operations == OperationNumbers(planned: 100, deferred: 100))
        #expect((5..<5 + Self.maxInFlight).contains(shop.server.requests.count))
        #expect(!shop.server.requests.contains { $0.wasApplied })
        try await expectStopped(run, in: shop, rejected: 0...0, words: "refused every request (\(status))")
    }

    @Test func fourRefusalsOfUsInARowDoNot() async throws {
        let shop = try await shop(users: 250)
        // All in the canary, so that their order is the plan's.
        shop.server.play(.status(403), to: users(Array(1...4) + Array(6...9)))
        let run = try await shop.run()
        #expect(run.exit == 5)
        #expect(run.operations == OperationNumbers(planned: 250, confirmed: 242, deferred: 8))
        #expect(shop.server.requests.count == 250)
    }

    @Test func aLongerPauseThanARunMayLastStops() async throws {
        let shop = try await shop(users: 100)
        shop.server.play(.status(429, "retry-after: 301"), everyone: .max)
        let run = try await shop.run()
        #expect(run.operations == OperationNumbers(planned: 100, deferred: 100))
        #expect(shop.server.requests.count <= Self.maxInFlight)
        try await expectStopped(run, in: shop, rejected: 0...0, words: "longer pause than a run may last")
    }
}
