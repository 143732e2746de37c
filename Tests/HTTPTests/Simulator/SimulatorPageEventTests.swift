import NIOCore
import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorPageEventTests {
    @Test func aChangeIsTold() async throws {
        try await withSimulator { (client) async throws in
            try await client.withEvents { events in
                #expect(events.text.contains("200 OK") && events.text.contains("text/event-stream"))
                _ = try await client.patch("u1", "{}")
                try await events.read(ticks: 1)
                _ = try await client.send("POST", "/__simulator/reset")
                try await events.read(ticks: 2)
            }
        }
    }

    @Test func manyChangesAreOneTickAndNoneIsMissed() async throws {
        let clock = HeldClock()
        try await withSimulator(SimulatorOptions(clock: clock)) { (client) async throws in
            try await client.withEvents { events in
                _ = try await client.patch("u1", "{}")
                try await events.read(ticks: 1)
                try await clock.waitForSleepers(1)
                for _ in 1...20 { _ = try await client.patch("u1", "{}") }
                clock.advance()
                try await events.read(ticks: 2)
                try await clock.waitForSleepers(1)
                #expect(events.ticks == 2)
                clock.advance()
                try await clock.waitForSleepers(0)
                _ = try await client.patch("u1", "{}")
                try await events.read(ticks: 3)
                #expect(clock.waits.allSatisfy { $0 == .milliseconds(250) })
            }
        }
    }

    @Test func sixteenMayListenAndAPlaceComesBack() async throws {
        try await withSimulator { (client) async throws in
            let listeners = try await Self.open(16, client)
            #expect(try await client.send("GET", "/__simulator/events").status == 503)
            try await listeners[0].close()
            while try await client.send("GET", "/__simulator/events").status == 503 { try Task.checkCancellation() }
            for listener in listeners.dropFirst() { try await listener.close() }
        }
    }

    @Test func whoDoesNotReadHoldsUpNobody() async throws {
        let (channels, continuation) = AsyncStream.makeStream(of: (any Channel).self)
        // Some wait for a change, some for the pause after it. That the simulator ends is what the time limit watches.
        try await withSimulator(SimulatorOptions(clock: HeldClock())) { (client) async throws in
            for listener in try await Self.open(8, client) { continuation.yield(listener) }
            _ = try await client.patch("u1", "{}")
            for listener in try await Self.open(7, client) { continuation.yield(listener) }
            try await client.withEvents { events in
                _ = try await client.patch("u1", "{}")
                try await events.read(ticks: 1)
            }
        }
        continuation.finish()
        for await channel in channels { try? await channel.close() }
    }

    private static func open(_ count: Int, _ client: SimulatorClient) async throws -> [any Channel] {
        var channels: [any Channel] = []
        for _ in 1...count { channels.append(try await client.openEventsWithoutReading()) }
        return channels
    }
}
