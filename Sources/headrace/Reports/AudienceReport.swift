import Contentstack
import SyncCore

/// One audience: what its rules look at, who feeds that, and what in them cannot be.
struct AudienceReport {
    private struct Use {
        var key: String
        /// Nil of what a visit tells.
        var syncs: [String]?
    }

    private let audience: RemoteAudience
    private let uses: [Use]
    private let findings: [AudienceLint.Finding]

    init(
        _ audience: RemoteAudience, attributes: [RemoteAttribute], feeds: AttributeFeeds,
        findings: [AudienceLint.Finding]
    ) {
        self.audience = audience
        self.findings = findings
        let keys = Dictionary(attributes.map { ($0.uid, $0.key) }) { first, _ in first }
        var seen: Set<AudienceCondition.Subject> = []
        uses = audience.rule.conditions.map(\.subject).filter { seen.insert($0).inserted }.map { subject in
            switch subject {
            case .custom(let uid):
                let key = keys[uid] ?? uid
                return Use(key: key, syncs: feeds[key])
            case .preset(let name), .lytics(let name): return Use(key: name, syncs: nil)
            case .other(let kind): return Use(key: kind, syncs: nil)
            }
        }
    }

    var json: JSONText {
        .members([
            "uid": .string(audience.uid), "name": .string(audience.name),
            "is_legible": .boolean(audience.rule != .illegible),
            "attributes": .array(
                uses.map { use in
                    .members([
                        "key": .string(use.key), "depends_on_visit": .boolean(use.syncs == nil),
                        "syncs": .array((use.syncs ?? []).map(JSONText.string)),
                    ])
                }),
            "findings": .array(
                findings.map { finding in
                    .members([
                        "code": .string(finding.code), "key": .string(finding.attribute.key),
                        "message": .string(finding.sentence),
                    ])
                }),
        ])
    }

    func text(_ palette: Palette) -> String {
        let attributes = uses.map { use in
            let feeding =
                switch use.syncs {
                case nil: "of the visit"
                case []?: palette.yellow("no sync feeds it")
                case let syncs?: "fed by \(syncs.map(TerminalText.escaped).joined(separator: ", "))"
                }
            return "  \(TerminalText.escaped(use.key)): \(feeding)"
        }
        let warnings = findings.map { "  \(palette.yellow("!")) \(TerminalText.escaped($0.sentence))" }
        let name = palette.bold(TerminalText.escaped(audience.name))
        if audience.rule == .illegible { return "\(name)\n  its rules are of a form that this version cannot read" }
        let empty = uses.isEmpty ? ["  no rule"] : []
        return ([name] + empty + attributes + warnings).joined(separator: "\n")
    }
}

extension AudienceLint.Finding {
    var code: String { kind == .neverMet ? "audience_rule_never_met" : "audience_rule_too_wide" }

    var sentence: String {
        let verdict =
            switch (kind, isInverted) {
            case (.neverMet, false): "a rule of audience \(audience) can never be met"
            case (.neverMet, true): "a rule of audience \(audience) is met by everyone"
            case (.metTooOften, _): "a rule of audience \(audience) is met by more than it says"
            }
        return "\(verdict): `\(attribute.key)` \(reason)"
    }

    /// For `check`: the file may be right and the rule wrong, so that it is no error.
    var diagnostic: Diagnostic {
        .warning(
            code, sentence, at: attribute.position, hint: "change the rule in Contentstack, or the attribute's type")
    }
}
