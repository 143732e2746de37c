/// Tells whether a schedule's five fields mean anything, before a scheduler has to.
enum CronFields {
    private struct Field {
        var name: String
        var range: ClosedRange<Int>
        /// Words for values, from the range's start.
        var words: [String] = []
    }

    private static let fields = [
        Field(name: "minute", range: 0...59), Field(name: "hour", range: 0...23),
        Field(name: "day of the month", range: 1...31),
        Field(
            name: "month", range: 1...12,
            words: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
        // 7 is Sunday too.
        Field(name: "day of the week", range: 0...7, words: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ]

    /// In a leap year.
    private static let daysOfMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    private struct Fault: Error { var message: String }

    /// What is wrong, in words, at most once a field; nil where there are not five fields.
    static func problems(in text: String) -> [String]? {
        let texts = text.split(whereSeparator: \.isWhitespace)
        guard texts.count == fields.count else { return nil }
        var faults: [String] = []
        var values: [Set<Int>] = []
        for (field, text) in zip(fields, texts) {
            do throws(Fault) { values.append(try self.values(of: text, field)) } catch { faults.append(error.message) }
        }
        if !faults.isEmpty { return faults }
        // With a day of the week beside it, the day of the month is one of two ways to be due.
        let isAnyWeekday = texts[4].hasPrefix("*")
        let isEverDue = values[3].contains { month in values[2].contains { $0 <= daysOfMonths[month - 1] } }
        return isAnyWeekday && !isEverDue ? ["no such month has that day: the schedule is never due"] : []
    }

    private static func values(of text: Substring, _ field: Field) throws(Fault) -> Set<Int> {
        var values: Set<Int> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            let range = try range(of: parts[0], field)
            guard parts.count > 1 else {
                values.formUnion(range)
                continue
            }
            guard parts.count == 2, parts[0] == "*" || parts[0].contains("-") else {
                throw Fault(message: "`\(item)` in the \(field.name): a step follows * or a range")
            }
            guard let step = number(parts[1]), (1...field.range.upperBound).contains(step) else {
                throw Fault(
                    message: "`\(item)` in the \(field.name): a step is 1 to \(field.range.upperBound)")
            }
            values.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
        }
        return values
    }

    private static func range(of text: Substring, _ field: Field) throws(Fault) -> ClosedRange<Int> {
        if text == "*" { return field.range }
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let low = try value(of: ends[0], field)
        guard ends.count == 2 else { return low...low }
        var high = try value(of: ends[1], field)
        // FRI-SUN ends with the week.
        if high == 0, low > 0, !field.words.isEmpty, field.range.lowerBound == 0 { high = 7 }
        guard low <= high else { throw Fault(message: "`\(text)` in the \(field.name): the range runs backwards") }
        return low...high
    }

    private static func value(of text: Substring, _ field: Field) throws(Fault) -> Int {
        if let index = field.words.firstIndex(of: text.uppercased()) { return field.range.lowerBound + index }
        guard let number = number(text), field.range.contains(number) else {
            let words = field.words.first.map { " or \($0) to \(field.words.last ?? $0)" } ?? ""
            throw Fault(
                message: "`\(text)` is no \(field.name): write \(field.range.lowerBound) to \(field.range.upperBound)"
                    + words)
        }
        return number
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
