import SyncCore

/// Dates and timestamps as constants are written: ISO 8601, extended form.
enum ISOTime {
    /// `2026-11-23`.
    static func date(_ text: String) -> CivilDate? {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = digits(bytes[0..<4]), let month = digits(bytes[5..<7]), let day = digits(bytes[8..<10])
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        return date.isValid && year > 0 ? date : nil
    }

    /// `2026-11-23T10:00:00.5+01:00`, or with Z; up to six fraction digits. Microseconds since 1970-01-01T00:00:00Z.
    static func timestamp(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, let day = date(String(text.prefix(10))), "Tt ".utf8.contains(bytes[10]),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let hour = digits(bytes[11..<13]), let minute = digits(bytes[14..<16]), let second = digits(bytes[17..<19]),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var rest = bytes[19...]
        var microseconds: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            let kept = fraction.prefix(6)
            guard !fraction.isEmpty, fraction.dropFirst(6).allSatisfy({ $0 == 0x30 }), let value = digits(kept) else {
                return nil
            }
            microseconds = (kept.count..<6).reduce(value) { value, _ in value * 10 }
            rest = rest[fraction.endIndex...]
        }
        guard let offset = offsetInSeconds(Array(rest)) else { return nil }
        let seconds = day.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second - offset
        // An offset must not carry it out of the years 0001 to 9999.
        guard (-62_135_596_800..<253_402_300_800).contains(seconds) else { return nil }
        return seconds * 1_000_000 + microseconds
    }

    /// UTC with Z and as many fraction digits as the value has.
    static func text(of moment: Int64) -> String {
        let (seconds, microseconds) = moment.dividedFloor(by: 1_000_000)
        let (days, inDay) = seconds.dividedFloor(by: 86_400)
        let time = [inDay / 3600, inDay / 60 % 60, inDay % 60].map { padded($0, 2) }.joined(separator: ":")
        var fraction = padded(microseconds, 6)[...]
        while fraction.last == "0" { fraction = fraction.dropLast() }
        return CivilDate(daysSince1970: days).iso8601 + "T" + time + (fraction.isEmpty ? "" : "." + fraction) + "Z"
    }

    private static func offsetInSeconds(_ bytes: [UInt8]) -> Int64? {
        if bytes == [UInt8(ascii: "Z")] || bytes == [UInt8(ascii: "z")] { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), "+-".utf8.contains(bytes[0]),
            let hours = digits(bytes[1..<3]), let minutes = digits(bytes[4..<6]), hours < 24, minutes < 60
        else { return nil }
        let offset = hours * 3600 + minutes * 60
        return bytes[0] == UInt8(ascii: "-") ? -offset : offset
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return bytes.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - String(value).count)) + String(value)
    }
}

/// Compares a decimal with the double it was read as.
enum DecimalText {
    /// True when the double's shortest form says the same number as `text`: nothing was rounded away.
    static func isExact(_ text: String, _ value: Double) -> Bool {
        guard let written = parts(text), let kept = parts(value.description) else { return false }
        return written.digits == kept.digits && (written.digits.isEmpty || written.exponent == kept.exponent)
            && (written.digits.isEmpty || written.isNegative == kept.isNegative)
    }

    private static func parts(_ text: String) -> (isNegative: Bool, digits: [UInt8], exponent: Int)? {
        let pieces = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
        guard (1...2).contains(pieces.count) else { return nil }
        var exponent = 0
        if pieces.count == 2 {
            guard let written = Int(pieces[1]) else { return nil }
            exponent = written
        }
        var digits: [UInt8] = []
        var isFraction = false
        for byte in pieces[0].utf8 {
            if byte == UInt8(ascii: ".") { isFraction = true }
            guard (0x30...0x39).contains(byte) else { continue }
            digits.append(byte)
            if isFraction { exponent -= 1 }
        }
        digits.removeFirst(digits.prefix { $0 == 0x30 }.count)
        while digits.last == 0x30 {
            digits.removeLast()
            exponent += 1
        }
        return (text.hasPrefix("-"), digits, exponent)
    }
}
