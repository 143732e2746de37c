import SyncCore
import Testing

/// When a rejected user is tried again, as a rule of numbers.
@Suite struct AgeingTests {
    /// The deliveries of `count` in which a user that is always rejected is sent, and the first in which it is
    /// quarantined.
    private func history(of count: Int, quarantineAfterRuns limit: Int) -> (sent: [Int], quarantined: Int?) {
        var ageing: Ageing?
        var sent: [Int] = []
        var quarantined: Int?
        for delivery in 1...count {
            switch ageing?.outcome(in: delivery, quarantineAfterRuns: limit) {
            case nil:
                sent.append(delivery)
                ageing = .rejected(in: delivery, after: ageing)
            case .quarantined: quarantined = quarantined ?? delivery
            case .deferred: #expect(quarantined == nil, "never back from quarantine by itself")
            case let other: Issue.record("\(String(describing: other)) is nothing that a user is withheld as")
            }
        }
        return (sent, quarantined)
    }

    @Test func theWaitsAreOneTwoFourEight() {
        let history = history(of: 600, quarantineAfterRuns: 100)
        #expect(history.sent == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512])
        #expect(history.quarantined == nil)
    }

    @Test(arguments: [
        (1, [1], 2), (2, [1, 2], 3), (3, [1, 2, 4], 5), (5, [1, 2, 4, 8, 16], 17), (6, [1, 2, 4, 8, 16, 32], 33),
    ])
    func enoughRejectionsQuarantine(limit: Int, sent: [Int], quarantined: Int) {
        let history = history(of: 80, quarantineAfterRuns: limit)
        #expect(history.sent == sent)
        #expect(history.quarantined == quarantined)
    }

    @Test func aDeliveryCountsOnce() {
        let first = Ageing.rejected(in: 7, after: nil)
        #expect(first == Ageing(rejectedRuns: 1, lastDelivery: 7))
        #expect(Ageing.rejected(in: 7, after: first) == first)
        #expect(Ageing.rejected(in: 8, after: first) == Ageing(rejectedRuns: 2, lastDelivery: 8))
    }

    @Test func anotherLimitAppliesToWhoWasRejectedUnderTheLast() {
        let ageing = Ageing(rejectedRuns: 5, lastDelivery: 16)
        #expect(ageing.outcome(in: 20, quarantineAfterRuns: 5) == .quarantined)
        #expect(ageing.outcome(in: 20, quarantineAfterRuns: 6) == .deferred)
        #expect(ageing.outcome(in: 32, quarantineAfterRuns: 6) == nil)
    }

    @Test func noCountOverflows() {
        #expect(Ageing(rejectedRuns: .max, lastDelivery: 1).nextDelivery == 1 + 1 << 30)
        #expect(Ageing(rejectedRuns: 0, lastDelivery: 1).nextDelivery == 2)
    }
}
