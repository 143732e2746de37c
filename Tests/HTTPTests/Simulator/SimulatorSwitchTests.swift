import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorSwitchTests {
    private let time = ManualTime()

    private static func options(_ change: (inout SimulatorOptions) -> Void) -> SimulatorOptions {
        var options = SimulatorOptions(managementRequestsPerSecond: nil)
        change(&options)
        return options
    }

    @Test(arguments: [
        (options { $0.nestedObjects = .reject }, #"{"b":{"c":1}}"#, 400, #"{"a":1}"#),
        (options { $0.nestedObjects = .store }, #"{"b":{"c":1}}"#, 204, #"{"a":1,"b":{"c":1}}"#),
        (options { $0.arrays = .store }, #"{"b":[1]}"#, 204, #"{"a":1,"b":[1]}"#),
        (options { $0.arrays = .reject }, #"{"b":[1]}"#, 400, #"{"a":1}"#),
        (options { $0.nulls = .unset }, #"{"a":null}"#, 204, "{}"),
        (options { $0.nulls = .store }, #"{"a":null}"#, 204, #"{"a":null}"#),
        (options { $0.nulls = .reject }, #"{"a":null}"#, 400, #"{"a":1}"#),
    ])
    func doesAsTold(options: SimulatorOptions, body: String, status: Int, held: String) async throws {
        try await withSimulator(options) { (client) async throws in
            _ = try await client.patch("u1", #"{"a":1}"#)
            #expect(try await client.patch("u1", body).status == status)
            #expect(try await client.attributes("u1") == held)
        }
    }

    @Test func aStoredNullIsNoValue() async throws {
        try await withSimulator(Self.options { $0.nulls = .store }) { (client) async throws in
            let isSet = Rules.all(Rules.custom(try await client.createAttribute("a"), "HAS_ANY_VALUE"))
            _ = try await client.patch("u1", #"{"a":null}"#)
            #expect(try await !client.takes("u1", isSet))
        }
    }

    @Test func theManifestSeesAWriteLate() async throws {
        let time = time
        let options = Self.options { options in
            options.visibilityDelay = .milliseconds(800)
            options.now = { time.now }
        }
        try await withSimulator(options) { (client) async throws in
            let isVIP = Rules.all(Rules.custom(try await client.createAttribute("vip"), "IS_TRUE"))
            _ = try await client.patch("u1", #"{"vip":true}"#)
            #expect(try await client.attributes("u1") == #"{"vip":true}"#)
            #expect(try await !client.takes("u1", isVIP))
            time.advance(by: 0.5)
            _ = try await client.patch("u1", #"{"vip":false}"#)
            #expect(try await !client.takes("u1", isVIP))
            time.advance(by: 0.4)
            #expect(try await client.takes("u1", isVIP), "the first write is 0.9 s old, the second 0.4 s")
            time.advance(by: 0.4)
            #expect(try await !client.takes("u1", isVIP))
        }
    }

    private static func waits(_ count: Int, seed: Int) async throws -> [Duration] {
        let clock = RecordingClock()
        let options = options { options in
            options.latency = .contentstack
            options.clock = clock
        }
        try await withSimulator(options, faults: #"{"seed":\#(seed),"rules":[]}"#) { (client) async throws in
            for _ in 0..<count { _ = try await client.patch("u1", "{}") }
            _ = try await client.manage("GET", "/attributes")
        }
        return clock.waits
    }

    @Test func theEdgeTakesAsLongAsContentstacks() async throws {
        let waits = try await Self.waits(600, seed: 1).sorted()
        #expect(waits.count == 600, "and the management API does not wait")
        #expect(waits.allSatisfy { (.milliseconds(40)...(.seconds(10))).contains($0) })
        #expect((.milliseconds(105)...(.milliseconds(135))).contains(waits[300]), "\(waits[300])")
        #expect((.milliseconds(310)...(.milliseconds(470))).contains(waits[570]), "\(waits[570])")
    }

    @Test func oneSeedGivesOneOrderOfDelays() async throws {
        let first = try await Self.waits(5, seed: 7)
        #expect(try await Self.waits(5, seed: 7) == first)
        #expect(try await Self.waits(5, seed: 8) != first)
    }

    @Test func aClientThatGivesUpWhileItWaitsIsNoLongerInFlight() async throws {
        let options = Self.options { options in
            options.latency = .contentstack
            options.clock = EndlessClock()
        }
        try await withSimulator(options) { (client) async throws in
            let request = Task { try await client.patch("u1", "{}") }
            try await client.waitForStats(#""in_flight":1,"#)
            request.cancel()
            try await client.waitForStats(#""in_flight":0,"#)
            #expect(try await client.attributes("u1") == nil)
        }
    }
}

/// A clock on which no wait ever ends, unless its task does.
private struct EndlessClock: Clock {
    typealias Instant = ContinuousClock.Instant

    let now = Instant.now
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        continuation.finish()
        try Task.checkCancellation()
    }
}
