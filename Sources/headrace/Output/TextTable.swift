/// Columns aligned by the cells they take on a terminal, two blanks apart.
struct TextTable {
    enum Alignment { case left, right }

    struct Column {
        var title: String
        var alignment = Alignment.left

        static func text(_ title: String) -> Column { Column(title: title) }
        static func number(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    var columns: [Column]
    var rows: [[String]] = []
    /// Cells wider than this are cut.
    var widestCell = 60

    init(_ columns: [Column]) { self.columns = columns }

    /// Title line and rows; every cell is escaped, no line ends in a blank.
    func rendered(_ palette: Palette = .plain) -> String {
        let cells = rows.map { row in row.map { TerminalText.cut(TerminalText.escaped($0), to: widestCell) } }
        let titles = columns.map { TerminalText.cut(TerminalText.escaped($0.title), to: widestCell) }
        let widths = columns.indices.map { column in
            ([titles] + cells).map { $0.indices.contains(column) ? TerminalText.width($0[column]) : 0 }.max() ?? 0
        }
        return ([palette.bold(line(titles, widths: widths))] + cells.map { line($0, widths: widths) })
            .joined(separator: "\n")
    }

    private func line(_ cells: [String], widths: [Int]) -> String {
        var text = ""
        for (index, column) in columns.enumerated() {
            let cell = cells.indices.contains(index) ? cells[index] : ""
            let blanks = String(repeating: " ", count: widths[index] - TerminalText.width(cell))
            if index > 0 { text += "  " }
            text += column.alignment == .left ? cell + blanks : blanks + cell
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}
