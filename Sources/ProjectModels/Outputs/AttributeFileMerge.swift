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
    package func keys() throws(Failure) -> [String] { Self.keys(of: try Self.section(of: file)) }

    /// The file with those of the additions that it lacks behind what it has; the same text where there are none.
    /// Throws where it cannot be read, or is written in a way that has no place for another line.
    package func adding(_ additions: [Addition]) throws(Failure) -> String {
        let section = try Self.section(of: file)
        let keys = Self.keys(of: section)
        var known = Set(keys)
        let missing = additions.filter { known.insert($0.key).inserted }
        guard !missing.isEmpty else { return file.text }
        let place = try place(in: section)
        var lines = file.lines.map(String.init)
        // What ends with a line break has one line more, an empty one.
        if lines.last == "" { lines.removeLast() }
        var new = place.opensSection ? ["attributes:"] : []
        for addition in missing {
            guard let lines = Self.lines(for: addition, place.indent) else { throw unwritable }
            new += lines
        }
        lines.insert(contentsOf: new, at: min(place.line, lines.count))
        let text = lines.joined(separator: newline) + newline
        // What is written must be what is read, or nothing is written.
        guard try AttributeFileMerge(text).keys() == keys + missing.map(\.key) else { throw noPlace(line: place.line) }
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

    private func place(in section: YAMLEntry?) throws(Failure) -> Place {
        guard let section else { return Place(line: file.lines.count, indent: "  ", opensSection: true) }
        guard let last = Self.entries(of: section).last?.keyPosition else { return try place(behind: section) }
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

    /// `attributes:` stands there alone.
    private func place(behind section: YAMLEntry) throws(Failure) -> Place {
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

    /// `attributes`; nil where there is no file, or nothing but comments.
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

    private static func entries(of section: YAMLEntry?) -> [YAMLEntry] {
        guard case .mapping(let entries)? = section?.value.content else { return [] }
        return entries
    }

    private static func keys(of section: YAMLEntry?) -> [String] { entries(of: section).map(\.key) }

    // MARK: What

    private var unwritable: Failure {
        Failure(findings: [
            .error(
                "attributes_text", "a key or description cannot be written as YAML",
                at: Diagnostic.Position(file.path, line: 1), hint: "rename the attribute in Contentstack")
        ])
    }

    private static func lines(for addition: Addition, _ indent: String) -> [String]? {
        // Of values `${` would read a variable.
        let description = addition.description?.replacing("${", with: "$${") ?? ""
        guard let key = YAMLWriter.scalar(addition.key), let written = YAMLWriter.scalar(description) else {
            return nil
        }
        var text = "\(indent)\(key): {type: \(addition.type.rawValue)"
        if !description.isEmpty { text += ", description: \(written)" }
        let comment = addition.comment.map { "\(indent)# \(oneLine($0))" }
        return [comment, text + "}"].compactMap { $0 }
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline || $0.isControl ? " " : $0 })
    }
}

extension Character {
    fileprivate var isControl: Bool { unicodeScalars.allSatisfy { $0.properties.generalCategory == .control } }
}
