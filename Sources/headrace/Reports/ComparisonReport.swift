import Contentstack
import SyncCore

/// What the file and the project lack of each other, for people and for programs.
struct ComparisonReport {
    private let comparison: DefinitionComparison
    private let destination: DestinationDefinition

    init(_ comparison: DefinitionComparison, destination: DestinationDefinition) {
        self.comparison = comparison
        self.destination = destination
    }

    // MARK: Findings

    /// Keys that only look new.
    var nearMisses: [Diagnostic] {
        comparison.undefined.compactMap { undefined in
            undefined.nearMiss.map { remote in
                .error(
                    "attribute_near_miss",
                    "the project has `\(remote)`, and no `\(undefined.attribute.key)`: keys are compared letter by letter",
                    at: undefined.attribute.position, hint: "write \(remote) here and in the mappings")
            }
        }
    }

    /// More than Contentstack lets a project have without being asked.
    var limit: Diagnostic? {
        guard comparison.excess > 0 else { return nil }
        let sum = comparison.customCount + comparison.creatable.count
        return .warning(
            "attribute_limit",
            "the project would have \(sum) custom attributes; Contentstack's limit is"
                + " \(DefinitionComparison.standardLimit) until it is raised",
            hint: "ask Contentstack's support, or leave some out")
    }

    // MARK: Shown

    var json: JSONText {
        .members([
            "destination": .string(destination.name), "project_uid": .string(destination.projectUID),
            "only_in_file": .array(
                comparison.undefined.map {
                    .members([
                        "key": .string($0.attribute.key), "type": .string($0.attribute.type.rawValue),
                        "near_miss": .optional($0.nearMiss),
                    ])
                }),
            "only_in_project": .array(comparison.unlisted.map(Self.json)),
            "type_conflicts": .array(
                comparison.mistyped.map {
                    .members([
                        "key": .string($0.attribute.key), "type": .string($0.attribute.type.rawValue),
                        "rules_want": .string($0.verdict.writtenType.rawValue),
                    ])
                }),
            "custom_attributes": .integer(comparison.customCount),
        ])
    }

    static func json(_ unlisted: DefinitionComparison.Unlisted) -> JSONText {
        .members([
            "key": .string(unlisted.attribute.key), "type": .string(unlisted.verdict.writtenType.rawValue),
            "doubt": .optional(unlisted.verdict.doubt),
        ])
    }

    static func line(_ unlisted: DefinitionComparison.Unlisted) -> String {
        let key = TerminalText.escaped(unlisted.attribute.key)
        let doubt = unlisted.verdict.doubt.map { "  (\(TerminalText.escaped($0)))" } ?? ""
        return "\(key): \(unlisted.verdict.writtenType.rawValue)\(doubt)"
    }

    static func line(_ attribute: AttributeDefinition) -> String {
        let key = TerminalText.escaped(attribute.key)
        return attribute.description.map { "\(key)  \(TerminalText.escaped($0))" } ?? key
    }

    func text(_ palette: Palette) -> String {
        var lines: [String] = []
        func section(_ title: String, _ items: [String]) {
            guard !items.isEmpty else { return }
            lines += [palette.bold(title)] + items.map { "  \($0)" }
        }
        section(
            "only in \(AttributeFile.name) (`attributes push` creates them)",
            comparison.undefined.map { undefined in
                let near = undefined.nearMiss.map { "  (the project has \(TerminalText.escaped($0)))" } ?? ""
                return "\(TerminalText.escaped(undefined.attribute.key)): \(undefined.attribute.type.rawValue)\(near)"
            })
        section("only in the project (`attributes pull` adds them)", comparison.unlisted.map(Self.line))
        section(
            "types that no rule can match",
            comparison.mistyped.map {
                "\(TerminalText.escaped($0.attribute.key)): \($0.attribute.type.rawValue) in the file, the audiences' rules"
                    + " compare it as \($0.verdict.writtenType.rawValue)"
            })
        let count = NumberText.counted(comparison.customCount, "custom attribute")
        let name = TerminalText.escaped(destination.projectUID)
        lines.append(
            comparison.isEqual
                ? "project \(name) and \(AttributeFile.name) have the same \(count)" : "project \(name) has \(count)")
        return lines.joined(separator: "\n")
    }
}
