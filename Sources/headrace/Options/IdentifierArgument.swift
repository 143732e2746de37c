import SyncCore

/// What a user typed of the id of a run or a plan.
enum IdentifierArgument {
    /// Why it names none: several begin with it, or none does.
    static func unknown(_ prefix: String, noun: String, candidates: [ULID], hint: String) -> Diagnostic {
        guard candidates.count > 1 else {
            return .error("unknown_\(noun)", "no \(noun) begins with \(prefix)", hint: hint)
        }
        let shown = candidates.prefix(3).map(\.text).joined(separator: ", ")
        return .error(
            "ambiguous_\(noun)",
            "several \(noun)s begin with \(prefix): \(shown)\(candidates.count > 3 ? ", …" : "")",
            hint: "type more of the id")
    }

    /// The run of an id or of an unambiguous beginning of it.
    static func run(_ prefix: String, in state: (any StateInspection)?) async throws -> (RunID, RunReport) {
        if let report = try await state?.run(matching: prefix), let id = report.runID { return (id, report) }
        let candidates = try await state?.runs(beginningWith: prefix, limit: 4) ?? []
        throw unknown(prefix, noun: "run", candidates: candidates, hint: "`headrace runs` lists the latest")
    }
}
