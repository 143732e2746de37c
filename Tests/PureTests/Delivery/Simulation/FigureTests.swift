import Delivery
import SyncCore
import Testing

/// The figures that delivery is held to, in virtual time: counts of requests, not timings of this machine.
@Suite struct FigureTests {
    /// At 50 ms, 256 in flight are 5,120 users a second.
    @Test func nineTenthsOfWhatTheConnectionsCouldDo() {
        let record = VirtualDelivery(users: 100_000, server: VirtualServer()).run()
        #expect(record.rate >= 0.9 * 5120)
        #expect(record.outcomes == [.confirmed: 100_000])
    }

    static let allowances: [(String, any Allowance)] = [
        ("a bucket of 25", TokenBucket(rate: { _ in 500 }, burst: 25)),
        ("a bucket of 50", TokenBucket(rate: { _ in 500 }, burst: 50)),
        ("a bucket of 50 with Retry-After", TokenBucket(rate: { _ in 500 }, burst: 50, retryAfter: .seconds(1))),
        ("a bucket of 500", TokenBucket(rate: { _ in 500 }, burst: 500)),
        ("500 in each second", FixedWindow(quota: 500, seconds: 1, givesRetryAfter: true)),
        ("5,000 in ten seconds", FixedWindow(quota: 5000, seconds: 10, givesRetryAfter: true)),
    ]

    @Test(arguments: allowances) func nineTenthsOfALimitAndHardlyA429(name: String, allowance: any Allowance) {
        var server = VirtualServer()
        server.allowance = allowance
        let record = VirtualDelivery(users: 60_000, server: server).run()
        let end = record.confirmed.count
        #expect(record.rate >= 0.9 * 500, "\(name)")
        #expect(record.rate(in: 10..<110) >= 0.9 * 500, "\(name)")
        let throttled = Double(record.throttled(in: 10..<end)) / Double(record.sent(in: 10..<end))
        #expect(throttled <= 0.02, "\(name)")
        #expect(record.outcomes == [.confirmed: 60_000], "\(name)")
    }

    /// Two minutes of 503 with 256 in flight at their beginning.
    @Test func anOutageCostsWhatIsInFlightAndAFewProbes() {
        var server = VirtualServer()
        server.latency = .init(median: 0.2)
        server.outages = [10.0..<130.0]
        let record = VirtualDelivery(users: 60_000, server: server).run()
        #expect(record.mostInFlight[9] == 256)
        #expect(record.failed() <= 256 + 60)
        #expect(record.failed(in: 15..<130) <= 10)
        let pace = record.rate(in: 5..<10)
        let back = record.confirmed.indices.first { $0 >= 130 && Double(record.confirmed[$0]) >= 0.95 * pace }
        #expect(back.map { $0 <= 190 } == true)
        // Nobody used up their attempts: the retries waited, and each probe was another user.
        #expect(record.outcomes == [.confirmed: 60_000])
    }

    /// Where it lasts longer than a run may wait, what was in flight is unknown and the rest was never tried.
    @Test func anOutageWithoutEndLeavesAWindowUnknown() {
        var server = VirtualServer()
        server.outages = [10.0..<10_000.0]
        let record = VirtualDelivery(users: 100_000, server: server).run()
        #expect(record.stopReason == .unreachable(answer: "503"))
        #expect(record.seconds < 10 + 330)
        #expect(record.outcomes[.unknown, default: 0] <= 256 + 20)
        #expect(record.failed() <= 256 + 60)
    }
}
