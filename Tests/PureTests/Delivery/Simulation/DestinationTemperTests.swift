import Delivery
import Foundation
import SyncCore
import Testing

/// Destinations of many tempers, in virtual time: what the rules make of them.
@Suite struct DestinationTemperTests {
    /// It works on so many requests at once; more only wait in line.
    @Test(arguments: [10, 40, 100]) func findsHowManyADestinationWorksOnAtOnce(workers: Int) {
        var server = VirtualServer()
        server.workers = workers
        let record = VirtualDelivery(users: workers * 1000, server: server).run()
        #expect(record.rate >= 0.9 * Double(workers) / 0.05)
        let most = record.mostInFlight.dropFirst(20).max() ?? 0
        #expect((workers...(workers * 5 / 2)).contains(most))
    }

    @Test(arguments: UInt64(1)...3) func findsItAmongJitter(seed: UInt64) {
        var server = VirtualServer()
        server.latency = .contentstack
        server.workers = 40
        let record = VirtualDelivery(users: 20_000, server: server, seed: seed).run()
        #expect(record.rate >= 0.85 * 40 / Self.meanOfContentstack)
        #expect((record.mostInFlight.dropFirst(40).max() ?? 0) <= 120)
    }

    private static let meanOfContentstack =
        0.998 * 0.12 * exp(pow(log(380.0 / 120) / 1.645, 2) / 2) + 0.002 * 5.5

    @Test(arguments: [8, 32, 256], UInt64(1)...3)
    func jitterAloneThrottlesNobody(maximumInFlight: Int, seed: UInt64) {
        var server = VirtualServer()
        server.latency = .contentstack
        let users = min(60_000, maximumInFlight * 500)
        let delivery = VirtualDelivery(users: users, server: server, maximumInFlight: maximumInFlight, seed: seed)
        let record = delivery.run()
        let steady = 20..<(record.confirmed.count - 12)
        #expect(record.rate(in: steady) >= 0.85 * Double(maximumInFlight) / Self.meanOfContentstack)
        #expect(record.outcomes == [.confirmed: users])
    }

    @Test func aFastDestinationIsUsedFully() {
        var server = VirtualServer()
        server.latency = .init(median: 0.001)
        let record = VirtualDelivery(users: 30_000, server: server, commitSeconds: 0.001).run()
        #expect(record.outcomes == [.confirmed: 30_000])
        // 512 users a transaction of a millisecond or two: the journal is what bounds it.
        #expect(record.rate >= 100_000)
    }

    @Test func givesWayToASlowSpellAndComesBack() {
        var server = VirtualServer()
        server.slowness = (10.0..<14.0, 10)
        let record = VirtualDelivery(users: 100_000, server: server).run()
        #expect(record.mostInFlight[9] == 256)
        #expect(record.mostInFlight[13] < 220)
        #expect(record.rate(in: 19..<21) >= 0.95 * 5120)
    }

    /// Three times as slow for good, whatever we do: fewer in flight would only be slower still.
    @Test func aLatencyThatIsNotOursCostsUsNothing() {
        var server = VirtualServer()
        server.slowness = (5.0..<1000.0, 3)
        let record = VirtualDelivery(users: 60_000, server: server).run()
        #expect(record.rate(in: 12..<20) >= 0.95 * 256 / 0.15)
    }

    @Test func followsALimitDownAndUpAgain() {
        var server = VirtualServer()
        server.allowance = TokenBucket(rate: { (60..<120).contains($0) ? 200 : 500 }, burst: 50)
        let record = VirtualDelivery(users: 80_000, server: server).run()
        #expect(record.rate(in: 10..<60) >= 0.9 * 500)
        #expect(record.rate(in: 80..<120) >= 0.85 * 200)
        #expect(record.rate(in: 165..<180) >= 0.9 * 500)
        #expect(record.throttled(in: 10..<180) <= record.sent(in: 10..<180) / 50)
    }

    @Test(arguments: [0.01, 0.05]) func failuresNowAndThenThrottleNobody(share: Double) {
        var server = VirtualServer()
        server.failures = share
        let record = VirtualDelivery(users: 80_000, server: server).run()
        #expect(record.rate(in: 3..<14) >= 0.85 * 5120)
        #expect(record.outcomes[.confirmed, default: 0] >= 79_990)
    }

    /// One sync after the other: the second starts at the rate that the first found.
    @Test func theNextSyncKnowsTheLimit() {
        var server = VirtualServer()
        server.allowance = TokenBucket(rate: { _ in 500 }, burst: 50)
        let pacer = DestinationPacer()
        let first = VirtualDelivery(users: 30_000, server: server, pacer: pacer).run()
        let second = VirtualDelivery(
            users: 10_000, server: server, pacer: pacer, seed: 2, start: first.seconds + 1
        ).run()
        #expect(second.rate >= 0.85 * 500)
        #expect(second.throttled() <= 20)
    }

    /// A user of a busy destination is not given up because the others are being retried, too.
    @Test func aBurstOf429EndsNobody() {
        var server = VirtualServer()
        server.allowance = TokenBucket(rate: { _ in 500 }, burst: 500)
        let record = VirtualDelivery(users: 5_000, server: server).run()
        #expect(record.throttled() > 100)
        #expect(record.outcomes == [.confirmed: 5_000])
    }
}
