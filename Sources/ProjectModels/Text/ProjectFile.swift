import SyncCore

/// The text of one file of the project, and where things stand in it.
struct ProjectFile {
    /// Relative to the project.
    let path: String
    let text: String
    let lines: [Substring]

    /// Without a byte order mark: neither parser takes one, and editors count no column for it.
    init(path: String, text: String) {
        self.path = path
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        self.text = text
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }

    /// `column` counts Unicode scalars from 1, as the YAML parser does; a position counts characters.
    func position(line: Int, scalarColumn column: Int) -> Diagnostic.Position {
        guard let text = self.line(line) else {
            // The YAML parser ends a last line that has no end, and then stands on one that is not there.
            guard line > lines.count, let last = lines.last else { return Diagnostic.Position(path, line: 1) }
            return Diagnostic.Position(path, line: lines.count, column: last.count + 1)
        }
        let before = String(String.UnicodeScalarView(text.unicodeScalars.prefix(max(0, column - 1))))
        return Diagnostic.Position(path, line: line, column: before.count + 1)
    }

    /// Line and column of a character of the text, counted from 0.
    func position(ofCharacter offset: Int) -> Diagnostic.Position {
        let before = text.prefix(max(0, offset))
        let line = before.count(where: \.isNewline)
        let column = before.reversed().prefix { !$0.isNewline }.count
        return Diagnostic.Position(path, line: line + 1, column: column + 1)
    }

    /// The text of a line, counted from 1.
    func line(_ number: Int) -> String? {
        lines.indices.contains(number - 1) ? String(lines[number - 1]) : nil
    }

    /// Where `text` stands in the rest of a value's first line; the value itself where it is not written there as such.
    func place(of text: String, from position: Diagnostic.Position) -> Diagnostic.Position {
        guard let line = self.line(position.line),
            let start = line.index(line.startIndex, offsetBy: position.column - 1, limitedBy: line.endIndex),
            let found = line[start...].firstRange(of: text)
        else { return position }
        let column = line.distance(from: line.startIndex, to: found.lowerBound) + 1
        return Diagnostic.Position(position.file, line: position.line, column: column)
    }

    /// SQL that is a value of this file. Errors point into it where it stands there as it is: on one line, nothing
    /// escaped or expanded; else to the value.
    func statement(_ sql: String, at position: Diagnostic.Position) -> SQLStatement {
        var composer = SQLComposer()
        if let offset = scalarOffset(of: sql, at: position) {
            composer.add(sql, writtenIn: text, of: path, from: offset)
        } else {
            composer.add(sql, at: position)
        }
        return composer.statement(startingAt: position)
    }

    private func scalarOffset(of sql: String, at position: Diagnostic.Position) -> Int? {
        let place = self.place(of: sql, from: position)
        guard lines.indices.contains(place.line - 1), case let line = lines[place.line - 1],
            let start = line.index(line.startIndex, offsetBy: place.column - 1, limitedBy: line.endIndex),
            line[start...].hasPrefix(sql)
        else { return nil }
        return text.unicodeScalars.distance(from: text.unicodeScalars.startIndex, to: start)
    }
}
