import SyncCore

/// Numbers as people read them.
enum NumberText {
    /// `1,234,567`.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }

    /// At most `digits` decimals, trailing zeros cut: `0.25`, `3`.
    static func short(_ number: Double, digits: Int = 2) -> String {
        guard number.isFinite, number.magnitude < 1e12 else { return AttributeValue.shortestDecimal(number) }
        let factor = digits == 1 ? 10.0 : digits == 2 ? 100.0 : 1000.0
        return AttributeValue.shortestDecimal((number * factor).rounded() / factor)
    }

    /// `42s`, `3m 05s`, `2h 07m`.
    static func span(seconds: Double) -> String {
        let whole = Int(min(max(0, seconds.rounded(.up)), 1e9))
        func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 60 { return "\(whole)s" }
        if whole < 3600 { return "\(whole / 60)m \(pad(whole % 60))s" }
        return "\(whole / 3600)h \(pad(whole % 3600 / 60))m"
    }

    /// `1 row`, `5 rows`.
    static func counted(_ number: Int, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `3.2 MB`, in powers of 1024.
    static func bytes(_ count: Int) -> String {
        let units = ["bytes", "KB", "MB", "GB", "TB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(short(value, digits: 1)) \(units[unit])"
    }
}
