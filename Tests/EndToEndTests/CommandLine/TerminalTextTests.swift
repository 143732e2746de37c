import Testing

@testable import headrace

@Suite struct TerminalTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("\u{1B}[31mred", "\\u001b[31mred"), ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u{7F}\u{80}\u{9F}", "\\u007f\\u0080\\u009f"), ("abc\u{202E}def\u{2066}", "abc\\u202edef\\u2066"),
        ("größe 大", "größe 大"),
    ]) func controlCharactersAreShownNotObeyed(text: String, expected: String) {
        #expect(TerminalText.escaped(text) == expected)
    }

    @Test func severalLinesKeepTheirEnds() {
        #expect(TerminalText.escapedLines("a\n\tb\u{1B}") == "a\n\tb\\u001b")
    }

    @Test(arguments: [
        ("abc", 3), ("大小", 4), ("e\u{301}", 1), ("한글", 4), ("👍", 2), ("ｗ", 2), ("\u{1B}[31mred\u{1B}[0m", 3), ("", 0),
    ]) func widthIsInTerminalCells(text: String, cells: Int) {
        #expect(TerminalText.width(text) == cells)
    }

    @Test(arguments: [("abcdef", 4, "abc…"), ("abc", 3, "abc"), ("大小中", 4, "大…")])
    func aLongTextIsCutWithinItsLimit(text: String, limit: Int, expected: String) {
        #expect(TerminalText.cut(text, to: limit) == expected)
    }

    @Test func aTableAlignsByCellsAndEscapesItsValues() {
        var table = TextTable([.text("name"), .number("rows")])
        table.rows = [["大", "5"], ["a\u{1B}", "1,000"]]
        #expect(table.rendered() == "name      rows\n大           5\na\\u001b  1,000")
    }

    @Test func aLineOfATableEndsWithoutBlanks() {
        var table = TextTable([.text("a"), .text("b")])
        table.rows = [["long value", ""]]
        #expect(table.rendered() == "a           b\nlong value")
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
    func numbersAreGroupedInThousands(number: Int, expected: String) {
        #expect(NumberText.grouped(number) == expected)
    }

    @Test(arguments: [(0.2, "1s"), (59.0, "59s"), (185.0, "3m 05s"), (7620.0, "2h 07m")])
    func spansAreShort(seconds: Double, expected: String) {
        #expect(NumberText.span(seconds: seconds) == expected)
    }

    @Test func colourIsOffUnlessAsked() {
        #expect(Palette.plain.red("x") == "x")
        #expect(Palette(isEnabled: true).red("x") == "\u{1B}[31mx\u{1B}[0m")
    }
}
