import SyncCore
import Yams

/// Turns the text of a file into a `YAMLValue`; with `YAMLWriter` the only place that knows the YAML
/// library.
struct YAMLReader {
    /// Aliases multiply what a file says; beyond this many values it is no project file.
    static let maximumValues = 100_000
    /// Private-use characters stand in for the first character of a repeated key, so that the rest can be read.
    private static let maskStart: UInt32 = 0xE000
    private static let maximumMasks = 1000

    private let file: ProjectFile
    private let findings: Findings
    private var masked: [Diagnostic.Position: String] = [:]
    private var dropped: [YAMLValue] = []
    private var valueCount = 0

    /// The document, or nil when it is empty or no YAML. Reports syntax errors and repeated keys.
    static func read(_ file: ProjectFile, findings: Findings) -> YAMLDocument? {
        var reader = YAMLReader(file: file, findings: findings)
        guard let node = reader.compose() else { return nil }
        let value = reader.value(of: node)
        guard reader.valueCount <= maximumValues else {
            findings.error(
                "yaml_syntax", "the file holds more than \(maximumValues) values once its aliases are followed",
                at: Diagnostic.Position(file.path, line: 1))
            return nil
        }
        return YAMLDocument(value: value, dropped: reader.dropped)
    }

    private init(file: ProjectFile, findings: Findings) {
        self.file = file
        self.findings = findings
    }

    private mutating func compose() -> Node? {
        var text = file.text
        for round in 0..<Self.maximumMasks {
            do {
                return try Yams.compose(yaml: text, .basic)
            } catch let YamlError.duplicatedKeysInMapping(duplicates, context) {
                let name = duplicates.first ?? ""
                guard let masked = mask(name, at: context.mark, round: round, in: text) else {
                    report("duplicate_key", "`\(name)` is written twice in one mapping", at: context.mark)
                    return nil
                }
                text = masked
            } catch {
                reportSyntax(error, repeats: round)
                return nil
            }
        }
        return nil
    }

    /// Replaces the key's first character, keeping every column. Nil where the key is not written plainly.
    private mutating func mask(_ name: String, at mark: Mark, round: Int, in text: String) -> String? {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        guard lines.indices.contains(mark.line - 1), !name.isEmpty,
            let stand = Unicode.Scalar(Self.maskStart + UInt32(round))
        else { return nil }
        var scalars = Array(lines[mark.line - 1].unicodeScalars)
        var index = mark.column - 1
        if scalars.indices.contains(index), "\"'".unicodeScalars.contains(scalars[index]) { index += 1 }
        guard scalars.indices.contains(index), scalars[index] == name.unicodeScalars.first else { return nil }
        scalars[index] = stand
        lines[mark.line - 1] = String(String.UnicodeScalarView(scalars))
        masked[file.position(line: mark.line, scalarColumn: mark.column)] = name
        return lines.joined(separator: "\n")
    }

    private func reportSyntax(_ error: any Error, repeats: Int) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let during = context.map { " \($0.text)" } ?? ""
            report("yaml_syntax", "this is no YAML:\(during) \(problem)", at: mark)
        case YamlError.reader(let problem, let offset, _, _):
            let position = offset.map { file.position(ofCharacter: $0) } ?? Diagnostic.Position(file.path, line: 1)
            findings.error("yaml_syntax", "this is no YAML: \(problem)", at: position)
        default:
            findings.error("yaml_syntax", "this is no YAML", at: Diagnostic.Position(file.path, line: 1))
        }
    }

    private func report(_ code: String, _ message: String, at mark: Mark) {
        findings.error(code, message, at: file.position(line: mark.line, scalarColumn: mark.column))
    }

    private mutating func value(of node: Node) -> YAMLValue {
        valueCount += 1
        let position = file.position(line: node.mark?.line ?? 1, scalarColumn: node.mark?.column ?? 1)
        guard valueCount <= Self.maximumValues else { return YAMLValue(content: .broken, position: position) }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain && scalar.tag == .implicit
            return YAMLValue(content: .scalar(YAMLScalar(text: scalar.string, isPlain: isPlain)), position: position)
        case .sequence(let sequence):
            var items: [YAMLValue] = []
            for item in sequence { items.append(value(of: item)) }
            return YAMLValue(content: .list(items), position: position)
        case .mapping(let mapping):
            return YAMLValue(content: .mapping(entries(of: mapping)), position: position)
        case .alias:
            return YAMLValue(content: .broken, position: position)
        }
    }

    private mutating func entries(of mapping: Node.Mapping) -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        for (keyNode, valueNode) in mapping {
            let key = value(of: keyNode)
            let content = value(of: valueNode)
            if valueCount > Self.maximumValues { break }
            guard let scalar = key.scalar else {
                findings.error("wrong_type", "a key is a text, found \(key.kindName)", at: key.position)
                dropped += [key, content]
                continue
            }
            let name = masked[key.position] ?? scalar.text
            if let first = entries.first(where: { $0.key == name }) {
                let place = "line \(first.keyPosition.line)"
                findings.error(
                    "duplicate_key", "`\(name)` is written twice in one mapping, first in \(place)", at: key.position)
                dropped.append(content)
            } else {
                entries.append(YAMLEntry(key: name, keyPosition: key.position, value: content))
            }
        }
        return entries
    }
}
