import Yams

/// Texts as `YAMLReader` reads them back.
enum YAMLWriter {
    /// Words that YAML, or a reader of an older YAML, takes for something else than a text.
    private static let reserved: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    /// Plain where that is plain to see, else in double quotes; on one line. Nil for what YAML cannot hold.
    static func scalar(_ text: String) -> String? {
        let isPlain =
            text.first.map { $0.isASCII && $0.isLetter } == true && text.last != " "
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || " _-./()".contains($0)) }
            && !reserved.contains(text.lowercased())
        if isPlain { return text }
        let document = try? Yams.serialize(
            node: Node(text, Tag(.str), .doubleQuoted), width: -1, allowUnicode: true)
        return document.map { String($0.prefix { !$0.isNewline }) }
    }
}
