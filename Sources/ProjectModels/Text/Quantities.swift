/// Reads the quantities of the project's files.
package enum Quantities {
    /// A hundred years: what is computed with a duration stays in the range of its numbers.
    static let longestDays: Int64 = 36_500

    /// `500ms 10s 5m 2h 7d`: a whole number and a unit; nil for a longer one than `longestDays`.
    package static func duration(_ text: String) -> Duration? {
        guard let (count, unit) = countAndUnit(text) else { return nil }
        let millisecondsInUnit: Int64
        switch unit {
        case "ms": millisecondsInUnit = 1
        case "s": millisecondsInUnit = 1000
        case "m": millisecondsInUnit = 60_000
        case "h": millisecondsInUnit = 3_600_000
        case "d": millisecondsInUnit = 86_400_000
        default: return nil
        }
        let (milliseconds, isTooLong) = count.multipliedReportingOverflow(by: millisecondsInUnit)
        return isTooLong || milliseconds > longestDays * 86_400_000 ? nil : .milliseconds(milliseconds)
    }

    /// `64MB`, `1GB`, or plain bytes: units are powers of 1024.
    static func byteCount(_ text: String) -> Int? {
        guard let (count, unit) = countAndUnit(text) else { return nil }
        let bytesInUnit: Int64
        switch unit.uppercased() {
        case "", "B": bytesInUnit = 1
        case "KB": bytesInUnit = 1 << 10
        case "MB": bytesInUnit = 1 << 20
        case "GB": bytesInUnit = 1 << 30
        case "TB": bytesInUnit = 1 << 40
        default: return nil
        }
        let (bytes, isTooLarge) = count.multipliedReportingOverflow(by: bytesInUnit)
        return isTooLarge ? nil : Int(exactly: bytes)
    }

    /// `5%` or `2.5%`.
    static func percent(_ text: String) -> Double? {
        guard text.hasSuffix("%"), let first = text.utf8.first, (0x30...0x39).contains(first) else { return nil }
        let digits = text.dropLast()
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }) else { return nil }
        return Double(digits)
    }

    private static func countAndUnit(_ text: String) -> (Int64, String)? {
        let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
        guard let count = Int64(String(Substring(digits))) else { return nil }
        return (count, String(text.dropFirst(digits.count)))
    }
}
