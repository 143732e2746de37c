import SyncCore
import SyncEngine

/// The one line that shows a run while it lasts.
struct ProgressLine {
    var progress: RunProgress
    /// Seconds since the run's stage began.
    var seconds: Double
    /// Cells of the terminal.
    var width: Int

    func text(_ palette: Palette) -> String {
        let name = TerminalText.escaped(progress.sync)
        var parts = [name, progress.status.rawValue]
        switch progress.status {
        case .delivering: parts += delivering(used: TerminalText.width(name))
        case .querying, .planning:
            parts.append(NumberText.counted(progress.rowsRead, "row"))
            if let rate = rate(progress.rowsRead) { parts.append(rate) }
        default: break
        }
        // One cell stays free: a full line would wrap on some terminals.
        return TerminalText.cut(parts.joined(separator: "  "), to: max(10, width - 1))
    }

    /// Operations that have their outcome.
    static func done(_ counts: OperationCounts) -> Int {
        OperationOutcome.allCases.reduce(0) { $0 + counts[$1] }
    }

    private func delivering(used: Int) -> [String] {
        let done = Self.done(progress.operations)
        let planned = progress.operations.planned
        var parts = ["\(NumberText.grouped(done))/\(NumberText.grouped(planned))"]
        if let rate = rate(done) { parts.append(rate) }
        if done > 0, done < planned, seconds > 0 {
            parts.append("\(NumberText.span(seconds: seconds * Double(planned - done) / Double(done))) left")
        }
        parts.append("\(progress.inFlight) in flight")
        let others: [(count: Int, word: String)] = [
            (progress.operations.rejected, "rejected"), (progress.operations.unknown, "unknown"),
            (progress.operations.deferred, "deferred"),
        ]
        for other in others where other.count > 0 { parts.append("\(NumberText.grouped(other.count)) \(other.word)") }
        if let pause = progress.pause, pause >= .seconds(1) {
            parts.append("waits \(pause.components.seconds) s for the destination")
        }
        let room = width - 1 - used - 14 - parts.reduce(0) { $0 + TerminalText.width($1) + 2 }
        guard planned > 0, room >= 10 else { return parts }
        return [Self.bar(done: done, planned: planned, cells: min(30, room - 2))] + parts
    }

    /// `[=====>    ]`, `cells` wide without the brackets.
    static func bar(done: Int, planned: Int, cells: Int) -> String {
        let filled = planned == 0 ? cells : min(cells, cells * min(done, planned) / planned)
        guard filled < cells else { return "[" + String(repeating: "=", count: cells) + "]" }
        return "[" + String(repeating: "=", count: filled) + ">" + String(repeating: " ", count: cells - filled - 1)
            + "]"
    }

    private func rate(_ count: Int) -> String? {
        guard count > 0, seconds >= 0.2 else { return nil }
        return "\(NumberText.grouped(Int((Double(count) / seconds).rounded())))/s"
    }
}
