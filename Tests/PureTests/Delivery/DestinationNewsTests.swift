import Delivery
import SyncCore
import Testing

/// What people are told of a destination in trouble: each change once, whoever delivers.
@Suite struct DestinationNewsTests {
    let start = ContinuousClock.now
    private let failure = AttemptResult.ambiguous(answer: "503")

    /// Takes what may leave at `second` and answers it; false where nothing may.
    @discardableResult
    private func answer(_ rules: inout DestinationRules, _ result: AttemptResult, at second: Double) -> Bool {
        let now = start + .seconds(second)
        guard case .go(let isProbe) = rules.take(at: now) else { return false }
        _ = rules.record(result, latency: .zero, isProbe: isProbe, at: now)
        return true
    }

    @Test func anOutageIsToldOnceWhenItBeginsAndOnceWhenItEnds() {
        var rules = DestinationRules()
        for _ in 1...4 { answer(&rules, failure, at: 0) }
        #expect(rules.takeNews().isEmpty)
        answer(&rules, failure, at: 1)
        #expect(rules.takeNews() == [.fails(answer: "503")])
        // Probes that fail are no news.
        var probes = 0
        for second in 2...60 where answer(&rules, failure, at: Double(second)) { probes += 1 }
        #expect(probes > 1)
        #expect(rules.takeNews().isEmpty)
        #expect(answer(&rules, .confirmed(answer: "204"), at: 100))
        #expect(rules.takeNews() == [.worksAgain(after: .seconds(99))])
        #expect(rules.takeNews().isEmpty)
    }

    /// A refusal closes the breaker, and proves nothing.
    @Test func onlyAConfirmationSaysThatItWorksAgain() {
        var rules = DestinationRules()
        for _ in 1...5 { answer(&rules, failure, at: 0) }
        _ = rules.takeNews()
        #expect(answer(&rules, .forbidden(answer: "403"), at: 10))
        #expect(rules.takeNews().isEmpty)
        answer(&rules, .confirmed(answer: "204"), at: 11)
        #expect(rules.takeNews() == [.worksAgain(after: .seconds(11))])
    }

    @Test func theNextDeliveryIsToldOfAnOutageThatLasts() {
        var rules = DestinationRules()
        for _ in 1...5 { answer(&rules, failure, at: 0) }
        _ = rules.takeNews()
        _ = rules.begin(maximumInFlight: 8, maximumPerSecond: nil, at: start + .seconds(1))
        #expect(rules.takeNews() == [.fails(answer: "503")])
    }

    @Test func aPauseIsToldWherePeopleNoticeIt() {
        var rules = DestinationRules()
        answer(&rules, .throttled(answer: "429", after: .seconds(3)), at: 0)
        #expect(rules.takeNews().isEmpty)
        answer(&rules, .throttled(answer: "429", after: .seconds(30)), at: 4)
        #expect(rules.takeNews() == [.wantsPause(.seconds(30))])
        // In flight meanwhile: the pause grows a little, then a lot.
        var later = rules
        for (after, told) in [(32, false), (45, true)] {
            let now = start + .seconds(5)
            _ = later.record(
                .throttled(answer: "429", after: .seconds(after)), latency: .seconds(2), isProbe: false, at: now)
            #expect(later.takeNews() == (told ? [.wantsPause(.seconds(after))] : []))
        }
    }

    @Test func aPauseThatEndsTheRunIsTheRunsOwnNews() {
        var rules = DestinationRules()
        answer(&rules, .throttled(answer: "429", after: .seconds(301)), at: 0)
        #expect(rules.takeNews().isEmpty)
    }
}
