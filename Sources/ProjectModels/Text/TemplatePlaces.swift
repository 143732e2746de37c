import SyncCore

/// Finds where a character of a template stands in its file, in whichever of YAML's styles it is written: plain, quoted
/// with escapes, folded or literal.
struct TemplatePlaces {
    private let text: [Character]
    private let value: Diagnostic.Position
    /// The file from the value on, a line an array.
    private let lines: [[Character]]
    private static let mostLines = 1000

    init(_ text: String, at value: Diagnostic.Position, in file: ProjectFile) {
        self.text = Array(text)
        self.value = value
        lines = file.lines.dropFirst(value.line - 1).prefix(Self.mostLines).map(Array.init)
    }

    /// The place of the character after `offset` others; of the `{{` or `}}` before it, or of the value, where the file
    /// writes it in another way.
    func position(of offset: Int) -> Diagnostic.Position {
        // Braces are written as such in every style, so the count of pairs finds the same pair in the file.
        let mark: Character = offset < text.count && text[offset] == "}" ? "}" : "{"
        guard let anchor = pairs(of: mark, in: text[...]).enumerated().last(where: { $0.element <= offset }),
            let start = pair(of: mark, number: anchor.offset)
        else { return value }
        return walk(from: start, text[anchor.element..<offset]) ?? position(start)
    }

    private typealias Place = (line: Int, column: Int)

    private func position(_ place: Place) -> Diagnostic.Position {
        Diagnostic.Position(value.file, line: value.line + place.line, column: place.column + 1)
    }

    private func pairs(of mark: Character, in text: ArraySlice<Character>) -> [Int] {
        var found: [Int] = []
        var index = text.startIndex
        while index + 1 < text.endIndex {
            let isPair = text[index] == mark && text[index + 1] == mark
            if isPair { found.append(index) }
            index += isPair ? 2 : 1
        }
        return found
    }

    private func pair(of mark: Character, number: Int) -> Place? {
        var passed = 0
        for (line, characters) in lines.enumerated() {
            let start = line == 0 ? min(value.column - 1, characters.count) : 0
            let found = pairs(of: mark, in: characters[start...])
            if number - passed < found.count { return (line, found[number - passed]) }
            passed += found.count
        }
        return nil
    }

    /// Nil where a character of the text is not the one the file has there.
    private func walk(from start: Place, _ passed: ArraySlice<Character>) -> Diagnostic.Position? {
        var (line, column) = start
        let style = lines.first.flatMap { $0.indices.contains(value.column - 1) ? $0[value.column - 1] : nil }
        for character in passed {
            guard lines.indices.contains(line) else { return nil }
            if column == lines[line].count {
                guard character.isWhitespace, lines.indices.contains(line + 1) else { return nil }
                line += 1
                column = lines[line].prefix { $0.isWhitespace }.count
                continue
            }
            if style == "\"", lines[line][column] == "\\" { column += 1 }
            if style == "'", character == "'" { column += 1 }
            guard lines[line].indices.contains(column), lines[line][column] == character else { return nil }
            column += 1
        }
        return position((line, column))
    }
}
