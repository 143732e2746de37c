package import SyncCore

/// Adds attributes to the text of models/attributes.yml, and leaves all that is there as it is: comments, order, style.
package struct AttributeFileMerge {
    /// Why nothing can be added to the file, and where.
    package struct Failure: Error, Sendable {
        package var findings: [Diagnostic]
    }

    /// An attribute that the file lacks.
    package struct Addition: Sendable, Hashable {
        package var key: String
        package var type: AttributeType
        package var description: String?
        /// For whoever reads the file: why this type. One line.
        package var comment: String?

        package init(key: String, type: AttributeType, description: String? = nil, comment: String? = nil) {
            self.key = key
            self.type = type
            self.description = description
            self.comment = comment
        }
    }

    private let file: ProjectFile
    private let newline: String

    /// `text` is the file's, "" where there is none.
    package init(_ text: String) {
        file = ProjectFile(path: AttributeSection.file, text: text)
        newline = text.contains("\r\n") ? "\r\n" : "\n"
    }

    /// The keys that the file defines, in its order. Throws a file that cannot be read.
    package func keys() throws(Failure) -> [String] { try Self.entries(of: file).map(\.key) }

    /// The file with those of the additions that it lacks behind what it has; the same text where there are none.
    /// Throws where it cannot be read, or is written in a way that has no place for another line.
    package func adding(_ additions: [Addition]) throws(Failure) -> String {
        let known = Set(try keys())
        var added: Set<String> = []
        let missing = additions.filter { !known.contains($0.key) && added.insert($0.key).inserted }
        guard !missing.isEmpty else { return file.text }
        let place = try place()
        var lines = file.lines.map(String.init)
        // What ends with a line break has one line more, an empty one.
        if lines.last == "" { lines.removeLast() }
        let new = (place.opensSection ? ["attributes:"] : []) + missing.flatMap { Self.lines(for: $0, place.indent) }
        lines.insert(contentsOf: new, at: min(place.line, lines.count))
        let text = lines.joined(separator: newline) + newline
        // What is written must be what is read, or nothing is written.
        let result = try Self.entries(of: ProjectFile(path: file.path, text: text)).map(\.key)
        guard result == (try keys()) + missing.map(\.key) else { throw noPlace(line: place.line) }
        return text
    }

    // MARK: Where

    private struct Place {
        /// So many lines stand before.
        var line: Int
        var indent: String
        /// `attributes:` itself is missing.
        var opensSection = false
    }

    private func place() throws(Failure) -> Place {
        let entries = try Self.entries(of: file)
        guard let last = entries.last?.keyPosition else { return try placeInNoSection() }
        let indent = (file.line(last.line) ?? "").prefix(last.column - 1)
        guard indent.allSatisfy({ $0 == " " }), !indent.isEmpty else { throw noPlace(line: last.line) }
        var end = last.line
        for number in (last.line + 1)..<max(last.line + 1, file.lines.count + 1) {
            let line = file.line(number) ?? ""
            let content = line.drop { $0 == " " }
            if content.isEmpty { continue }
            guard line.count - content.count >= indent.count else { break }
            end = number
        }
        return Place(line: end, indent: String(indent))
    }

    /// There is no file, nothing but comments, or `attributes:` with nothing behind.
    private func placeInNoSection() throws(Failure) -> Place {
        guard let section = try Self.section(of: file) else {
            return Place(line: file.lines.count, indent: "  ", opensSection: true)
        }
        guard section.value.isNull, section.keyPosition.column == 1 else {
            throw noPlace(line: section.keyPosition.line)
        }
        return Place(line: section.keyPosition.line, indent: "  ")
    }

    private func noPlace(line: Int) -> Failure {
        Failure(findings: [
            .error(
                "attributes_style", "there is no line to add an attribute behind",
                at: Diagnostic.Position(file.path, line: line),
                hint: "write the attributes below `attributes:`, each on a line of its own and indented by spaces")
        ])
    }

    private static func section(of file: ProjectFile) throws(Failure) -> YAMLEntry? {
        let findings = Findings()
        let document = YAMLReader.read(file, findings: findings)
        guard !findings.hasErrors else { throw Failure(findings: findings.all) }
        guard let value = document?.value, !value.isNull else { return nil }
        guard case .mapping(let entries) = value.content else {
            throw Failure(findings: [
                .error("invalid_value", "expected a mapping, found \(value.kindName)", at: value.position)
            ])
        }
        return entries.first { $0.key == "attributes" }
    }

    private static func entries(of file: ProjectFile) throws(Failure) -> [YAMLEntry] {
        guard let section = try section(of: file), case .mapping(let entries) = section.value.content else { return [] }
        return entries
    }

    // MARK: What

    private static func lines(for addition: Addition, _ indent: String) -> [String] {
        var text = "\(indent)\(scalar(addition.key)): {type: \(addition.type.rawValue)"
        if let description = addition.description, !description.isEmpty {
            // Of values `${` would read a variable.
            text += ", description: \(scalar(description.replacing("${", with: "$${")))"
        }
        let comment = addition.comment.map { "\(indent)# \(oneLine($0))" }
        return [comment, text + "}"].compactMap { $0 }
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline || $0.isControl ? " " : $0 })
    }

    /// Words that YAML, or a reader of an older YAML, takes for something else than a text.
    private static let reserved: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    /// A text as YAML reads it back: plain where that is plain to see, else in double quotes.
    private static func scalar(_ text: String) -> String {
        let isPlain =
            text.first.map { $0.isASCII && $0.isLetter } == true && text.last != " "
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || " _-./()".contains($0)) }
            && !reserved.contains(text.lowercased())
        if isPlain { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            // Control characters, line ends of other alphabets and what no YAML file may hold as it is.
            case "\u{0}"..<" ", "\u{7F}"..."\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{E000}"..."\u{F8FF}":
                let digits = String(scalar.value, radix: 16, uppercase: true)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Character {
    fileprivate var isControl: Bool { unicodeScalars.allSatisfy { $0.properties.generalCategory == .control } }
}
