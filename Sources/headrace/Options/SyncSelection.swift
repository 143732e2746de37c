import SyncCore

/// Picks syncs (or models) by the names and globs of a command line.
enum SyncSelection {
    /// In the order of `names`, each once; no pattern means all. Throws `unknown_sync` for the first pattern that
    /// matches nothing, with the nearest name.
    static func select(_ patterns: [String], among names: [String], noun: String = "sync") throws(Diagnostic)
        -> [String]
    {
        guard !patterns.isEmpty else { return names }
        for pattern in patterns where !names.contains(where: { matches($0, pattern) }) {
            throw unknown(pattern, among: names, noun: noun)
        }
        return names.filter { name in patterns.contains { matches(name, $0) } }
    }

    static func unknown(_ pattern: String, among names: [String], noun: String) -> Diagnostic {
        let nearest = NearestName.find(pattern, among: names).map { "did you mean \($0)?" }
        let known = names.isEmpty ? "the project has no \(noun)s" : "the project has \(names.joined(separator: ", "))"
        return .error("unknown_\(noun)", "no \(noun) matches \(pattern)", hint: nearest ?? known)
    }

    /// `*` is any text, also none, `?` is one character.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        matches(Array(name)[...], Array(pattern)[...])
    }

    /// Goes back only to the last `*`, so a pattern of many stars stays linear in practice and quadratic at worst.
    private static func matches(_ name: ArraySlice<Character>, _ pattern: ArraySlice<Character>) -> Bool {
        var position = name.startIndex
        var next = pattern.startIndex
        var lastStar: (pattern: Int, name: Int)?
        while position < name.endIndex {
            if next < pattern.endIndex, pattern[next] == "*" {
                lastStar = (next, position)
                next += 1
            } else if next < pattern.endIndex, pattern[next] == "?" || pattern[next] == name[position] {
                next += 1
                position += 1
            } else if let star = lastStar {
                lastStar = (star.pattern, star.name + 1)
                next = star.pattern + 1
                position = star.name + 1
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == "*" }
    }
}
