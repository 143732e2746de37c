/// What a destination as a whole began or ceased to do while users are sent to it: what a person who waits for the run
/// wants to know. Each is told once, to whichever delivery asks first.
package enum DestinationNews: Sendable, Hashable {
    /// Too many of the last requests failed: nothing leaves any more but one request at a time that asks again.
    case fails(answer: String)
    /// The first good answer after that, so long after it began.
    case worksAgain(after: Duration)
    /// It asked for a pause that people notice (429).
    case wantsPause(Duration)

    /// Shorter pauses pass before anybody has read of them.
    static let shortestPauseTold = Duration.seconds(10)

    package var isTrouble: Bool { if case .worksAgain = self { false } else { true } }

    /// A sentence after the destination's name. Holds no value.
    package var sentence: String {
        switch self {
        case .fails(let answer):
            "does not work at the moment (\(answer)): sending waits, and one request at a time asks again;"
                + " after five minutes of this the rest is deferred"
        case .worksAgain(let time): "works again, after \(Self.seconds(time)) s: sending goes on"
        case .wantsPause(let time): "asks for a pause (429): nothing is sent for \(Self.seconds(time)) s"
        }
    }

    private static func seconds(_ time: Duration) -> Int { Int(max(1, time.components.seconds)) }
}

/// What is to be told, as a destination's answers come in.
struct NewsCollector: Sendable {
    private var untold: [DestinationNews] = []
    private var trouble: (since: ContinuousClock.Instant, answer: String)?
    private var toldPause: ContinuousClock.Instant?

    mutating func take() -> [DestinationNews] {
        defer { untold = [] }
        return untold
    }

    /// The breaker opened because of `answer`.
    mutating func stopped(by answer: String, at now: ContinuousClock.Instant) {
        guard trouble == nil else { return }
        trouble = (now, answer)
        untold.append(.fails(answer: answer))
    }

    /// Only a confirmation proves that it works: a refusal, say, ends the trouble and begins another.
    mutating func confirmed(at now: ContinuousClock.Instant) {
        guard let began = trouble?.since else { return }
        trouble = nil
        untold.append(.worksAgain(after: began.duration(to: now)))
    }

    /// Another delivery begins, whose people were told nothing.
    mutating func tellAgain() {
        if let trouble { untold = [.fails(answer: trouble.answer)] }
    }

    /// A 429 made the pause end at `end`. One that was told and grows is told again when it grows by as much.
    mutating func pause(until end: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        guard max(now, toldPause ?? now).duration(to: end) >= DestinationNews.shortestPauseTold else { return }
        toldPause = end
        untold.append(.wantsPause(now.duration(to: end)))
    }
}
