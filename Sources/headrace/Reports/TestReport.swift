import ChangePlanning
import SyncCore
import SyncEngine

/// A test of a model as `test` prints it.
struct TestReport {
    let outcome: TestOutcome
    init(_ outcome: TestOutcome) { self.outcome = outcome }

    var json: JSONText {
        let test = outcome.test
        let head: KeyValuePairs<String, JSONText> = [
            "test": .string(test.name), "model": .string(outcome.model), "kind": .string(test.kind),
            "columns": .array(test.columns.map(JSONText.string)), "file": .string(test.position.file),
            "line": .integer(test.position.line),
        ]
        let seconds = JSONText.number((outcome.seconds * 1000).rounded() / 1000)
        switch outcome.result {
        case .judged(let verdict):
            return JSONText.members(head).adding([
                "status": .string(verdict.passed ? "pass" : "fail"), "failures": .integer(verdict.failures),
                "actual": .optional(verdict.actual), "message": .string(verdict.message),
                "sample": .array(verdict.sample.map(JSONText.string)), "seconds": seconds,
            ])
        case .failed(let finding, _):
            return JSONText.members(head).adding([
                "status": .string("error"), "failures": .null, "actual": .null,
                "message": .string(finding.sentence), "sample": .array([]), "seconds": seconds,
            ])
        }
    }

    /// `FAIL  not_null_members_tier: 3 rows are null  models/members.yml:7`, and the first that fail.
    func text(_ palette: Palette) -> String {
        let place = palette.dim("\(outcome.test.position.file):\(outcome.test.position.line)")
        let name = TerminalText.escaped(outcome.test.name)
        switch outcome.result {
        case .judged(let verdict):
            let word = verdict.passed ? palette.green("PASS") : palette.red("FAIL")
            let line = "\(word)   \(name): \(TerminalText.escaped(verdict.message))  \(place)"
            return verdict.sample.isEmpty ? line : "\(line)\n        \(sample(verdict))"
        case .failed(let finding, _):
            let lines = FindingReport(finding).text(palette).split(separator: "\n").map { "        \($0)" }
            return "\(palette.red("ERROR"))  \(name)  \(place)\n\(lines.joined(separator: "\n"))"
        }
    }

    private func sample(_ verdict: TestVerdict) -> String {
        let shown = verdict.sample.map { TerminalText.cut(TerminalText.escaped($0), to: 60) }.joined(separator: ", ")
        let isOfKeys = ["not_null", "relationships", "expression"].contains(outcome.test.kind)
        return "\(isOfKeys ? "keys" : "values"): \(shown)\(verdict.failures > verdict.sample.count ? ", …" : "")"
    }

    /// The same as a finding of `check --with-data`; nil for a test that passed.
    var finding: Diagnostic? {
        switch outcome.result {
        case .failed(let finding, _): return finding
        case .judged(let verdict):
            guard !verdict.passed else { return nil }
            let sample = verdict.sample.isEmpty ? "" : "; \(sample(verdict))"
            return .error(
                "test_failed", "\(outcome.test.name): \(verdict.message)\(sample)", at: outcome.test.position)
        }
    }

    /// `5 tests: 3 passed, 1 failed, 1 not run`.
    static func summary(_ outcomes: [TestOutcome], _ palette: Palette) -> String {
        let failed = outcomes.count(where: \.hasFailed)
        let passed = outcomes.count { $0.exit == .done }
        let others = outcomes.count - failed - passed
        let counts = [
            passed > 0 ? palette.green("\(NumberText.grouped(passed)) passed") : nil,
            failed > 0 ? palette.red("\(NumberText.grouped(failed)) failed") : nil,
            others > 0 ? palette.red("\(NumberText.grouped(others)) not answered") : nil,
        ].compactMap { $0 }
        return "\(NumberText.counted(outcomes.count, "test")): \(counts.joined(separator: ", "))"
    }
}
