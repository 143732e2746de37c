/// How many workshops are in use at once: each runs several processes, and a machine with two cores gains nothing from
/// more, but loses the tests that measure time.
actor Places {
    static let shared = Places(6)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    /// Held until it is deinitialised.
    final class Place: Sendable {
        private let owner: Places

        fileprivate init(_ owner: Places) { self.owner = owner }

        deinit {
            // Not structured: a deinitialiser cannot wait.
            Task { [owner] in await owner.giveBack() }
        }
    }

    func take() async -> Place {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
        return Place(self)
    }

    private func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
