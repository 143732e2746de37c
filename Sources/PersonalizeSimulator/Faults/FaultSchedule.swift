import Synchronization

/// What the rules look at in a request.
struct FaultSubject: Sendable {
    var method: String
    var path: String
    var project: String?
    var uid: String?
}

/// Decides for each request which rule hits it. The first rule that hits wins; later rules do not count the request.
///
/// Equal seeds give equal decisions for a user's n-th request whatever the order in which users arrive, because chance
/// depends on the seed, the rule, the user and n only.
final class FaultSchedule: Sendable {
    private struct State {
        var rules: FaultRules
        var seen: [Int]
        var seenByUser: [[String: Int]]

        init(_ rules: FaultRules) {
            self.rules = rules
            seen = Array(repeating: 0, count: rules.rules.count)
            seenByUser = Array(repeating: [:], count: rules.rules.count)
        }
    }

    private let state: Mutex<State>
    private let isEmpty: Atomic<Bool>

    init(_ rules: FaultRules) {
        state = Mutex(State(rules))
        isEmpty = Atomic(rules.rules.isEmpty)
    }

    /// Puts other rules in place; counting starts anew.
    func replace(with rules: FaultRules) {
        state.withLock { $0 = State(rules) }
        isEmpty.store(rules.rules.isEmpty, ordering: .releasing)
    }

    /// Counts start anew under the same rules.
    func restart() {
        state.withLock { $0 = State($0.rules) }
    }

    func decide(_ subject: FaultSubject) -> FaultRule? {
        guard !isEmpty.load(ordering: .acquiring) else { return nil }
        return state.withLock { state in
            for index in state.rules.rules.indices where hits(index, subject, &state) {
                return state.rules.rules[index]
            }
            return nil
        }
    }

    private func hits(_ index: Int, _ subject: FaultSubject, _ state: inout State) -> Bool {
        let match = state.rules.rules[index].match
        guard looks(match, at: subject) else { return false }
        state.seen[index] += 1
        let user = subject.uid ?? ""
        var countOfUser = 0
        if match.isPerUser || match.probability < 1 {
            countOfUser = state.seenByUser[index][user, default: 0] + 1
            state.seenByUser[index][user] = countOfUser
        }
        let count = (match.isPerUser ? countOfUser : state.seen[index]) - match.after
        guard count > 0, count <= match.first ?? .max, count % match.every == 0 else { return false }
        guard match.probability < 1 else { return true }
        return Self.share(seed: state.rules.seed, rule: index, user: user, count: countOfUser) < match.probability
    }

    private func looks(_ match: FaultRule.Match, at subject: FaultSubject) -> Bool {
        if let method = match.method, method != subject.method { return false }
        if let path = match.path, !Glob.matches(path, subject.path) { return false }
        if let project = match.project, project != subject.project { return false }
        if let uid = match.uid { return subject.uid.map { Glob.matches(uid, $0) } ?? false }
        return true
    }

    /// A number in 0..<1 that looks random: FNV-1a over the user, mixed as SplitMix64 does.
    private static func share(seed: UInt64, rule: Int, user: String, count: Int) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in user.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var mixer = SplitMix64(state: hash ^ seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(rule) << 48 ^ UInt64(count))
        _ = mixer.next()
        return Double(mixer.next() >> 11) * 0x1p-53
    }
}

/// A small seeded generator; for faults and ids, not for secrets.
struct SplitMix64: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
