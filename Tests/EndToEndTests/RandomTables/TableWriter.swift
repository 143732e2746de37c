/// Writes a random table in the SQL of either engine.
struct TableWriter {
    let table: RandomTable

    // MARK: - PostgreSQL

    var postgresTable: String {
        let columns = table.columns.enumerated().map { ", c\($0) \($1.kind.postgresType)" }.joined()
        return "CREATE TABLE t (id int PRIMARY KEY, uid text\(columns));"
    }

    /// What `COPY` reads.
    var postgresRows: String {
        var text = ""
        for (index, row) in table.rows.enumerated() {
            text += "\(index)\t\(RandomTable.uid(index))"
            for value in row { text += "\t" + (Self.postgres(value).map(Self.escaped) ?? "\\N") }
            text += "\n"
        }
        return text
    }

    /// The text that PostgreSQL reads the value from; nil for NULL.
    private static func postgres(_ value: GeneratedValue) -> String? {
        switch value {
        case .null, .blob, .brokenText: nil
        case .boolean(let flag): flag ? "true" : "false"
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .single(let number): "\(number)"
        case .decimal(let text), .text(let text): text
        case .json(let json): json.text(sorted: false)
        case .list(let items): array(items)
        case .listOfLists(let items): "{" + items.map { array([$0]) }.joined(separator: ",") + "}"
        default: time(value)
        }
    }

    /// Both engines read the same text; of SQLite's, only typing does.
    private static func time(_ value: GeneratedValue) -> String? {
        switch value {
        case .infinity(let isNegative): return isNegative ? "-infinity" : "infinity"
        case .day(let day): return day.date + day.era
        case .local(let clock): return "\(clock.date) \(clock.time)"
        case .moment(let clock, let offset):
            let (hours, minutes) = (offset.magnitude / 60, offset.magnitude % 60)
            let zone = "\(Clock.padded(Int(hours), 2)):\(Clock.padded(Int(minutes), 2))"
            return "\(clock.date)T\(clock.time)\(offset < 0 ? "-" : "+")\(zone)"
        default: return nil
        }
    }

    private static func array(_ items: [String?]) -> String {
        let quoted = items.map { item in
            guard let item else { return "NULL" }
            return "\"" + backslashed(item, ["\"", "\\"]) + "\""
        }
        return "{" + quoted.joined(separator: ",") + "}"
    }

    private static func escaped(_ text: String) -> String {
        let names: [Unicode.Scalar: String] = ["\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"]
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let name = names[scalar] {
                escaped.append(contentsOf: name.unicodeScalars)
            } else {
                escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    private static func backslashed(_ text: String, _ marks: Set<Unicode.Scalar>) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if marks.contains(scalar) { result.append("\\") }
            result.append(scalar)
        }
        return String(result)
    }

    // MARK: - SQLite

    /// Columns without a type, so that each value stays what it is.
    var sqliteScript: String {
        let columns = table.columns.indices.map { ", c\($0)" }.joined()
        var text = "BEGIN; CREATE TABLE t (id INTEGER PRIMARY KEY, uid TEXT\(columns));\n"
        for (index, row) in table.rows.enumerated() {
            text += index.isMultiple(of: 200) ? "INSERT INTO t VALUES " : ","
            text += "(\(index),'\(RandomTable.uid(index))'"
            for value in row { text += "," + Self.sqlite(value) }
            text += index % 200 == 199 || index == table.rows.count - 1 ? ");\n" : ")\n"
        }
        return text + "COMMIT;\n"
    }

    private static func sqlite(_ value: GeneratedValue) -> String {
        switch value {
        case .null: "NULL"
        case .blob: "x'00ff'"
        case .brokenText(let bytes): sqlite(bytes)
        case .boolean(let flag): flag ? "1" : "0"
        case .integer(let number): number == .min ? "(-9223372036854775807 - 1)" : "\(number)"
        case .real(let number): sqlite(number)
        case .single(let number): sqlite(Double(number))
        case .decimal(let text): sqlite(Double(text) ?? .nan)
        case .text(let text): sqlite(Array(text.utf8))
        case .json(let json): sqlite(Array(json.text(sorted: false).utf8))
        case .list(let items): sqlite(Array(json(items).text(sorted: false).utf8))
        case .listOfLists(let items):
            sqlite(Array(GeneratedJSON.array(items.map { json([$0]) }).text(sorted: false).utf8))
        default: sqlite(Array((time(value) ?? "").utf8))
        }
    }

    private static func json(_ items: [String?]) -> GeneratedJSON {
        .array(items.map { $0.map(GeneratedJSON.string) ?? .literal("null") })
    }

    /// By its bits, since SQLite's own reading of decimals is not exact.
    private static func sqlite(_ number: Double) -> String {
        let digits = String(number.bitPattern, radix: 16)
        return "ieee754_from_blob(x'\(String(repeating: "0", count: 16 - digits.count))\(digits)')"
    }

    private static func sqlite(_ text: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var hex: [UInt8] = []
        for byte in text { hex += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return "CAST(x'\(String(decoding: hex, as: UTF8.self))' AS TEXT)"
    }
}
