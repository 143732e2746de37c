/// Finds what a mistyped name most likely meant.
package enum NearestName {
    /// The one candidate close enough to `name` to be named in a hint; nil when none is, or when two are equally close.
    /// Case, `_` and `-` do not count; otherwise one edit in three characters is allowed, three at most. A name cut
    /// short after three letters or more is close to the one candidate that begins with it.
    package static func find(_ name: String, among candidates: some Sequence<String>) -> String? {
        let candidates = Set(candidates)
        let typed = folded(name)
        guard !typed.isEmpty else { return nil }
        let whole = typed.count < 3 ? [] : candidates.filter { $0 != name && folded($0).starts(with: typed) }
        switch leastEdited(typed, name, among: candidates) {
        case .none: return whole.count == 1 ? whole.first : nil
        case .tied: return nil
        case .one(let nearest): return whole.count == 1 && whole.first != nearest ? nil : nearest
        }
    }

    private enum Answer {
        case none, tied
        case one(String)
    }

    private static func leastEdited(_ typed: [Character], _ name: String, among candidates: Set<String>) -> Answer {
        let limit = max(1, min(3, typed.count / 3))
        var best: (name: String, distance: Int)?
        var isTied = false
        for candidate in candidates {
            let distance = editDistance(typed, folded(candidate))
            guard distance <= limit, distance < candidate.count, candidate != name else { continue }
            if let found = best, found.distance <= distance {
                isTied = isTied || found.distance == distance
            } else {
                best = (candidate, distance)
                isTied = false
            }
        }
        return isTied ? .tied : best.map { .one($0.name) } ?? .none
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
    private static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let replaced = last[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
                var cost = min(replaced, last[column] + 1, current[column - 1] + 1)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    cost = min(cost, beforeLast[column - 2] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }

    private static func folded(_ name: String) -> [Character] {
        name.lowercased().filter { $0 != "_" && $0 != "-" }.map { $0 }
    }
}
