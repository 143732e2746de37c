import SyncCore

@testable import SQLDatabases

/// The bytes are PostgreSQL's binary numeric. What is decoded, printed and encoded again is what was given; what is no
/// numeric is refused.
enum NumericProperty {
    /// Groups of four digits without zero groups at either end, which say nothing.
    struct Number: Equatable {
        var isNegative = false
        var weight = 0
        var groups: [Int] = []

        init(isNegative: Bool, weight: Int, groups: [Int]) {
            let leading = groups.prefix { $0 == 0 }.count
            self.groups = Array(groups.dropFirst(leading))
            while self.groups.last == 0 { self.groups.removeLast() }
            self.weight = self.groups.isEmpty ? 0 : weight - leading
            self.isNegative = isNegative && !self.groups.isEmpty
        }

        /// Reads `-123.4500`.
        init(text: String) {
            let isNegative = text.hasPrefix("-")
            let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
            var whole = String(parts[0])
            var fraction = parts.count > 1 ? String(parts[1]) : ""
            whole = String(repeating: "0", count: (4 - whole.utf8.count % 4) % 4) + whole
            fraction += String(repeating: "0", count: (4 - fraction.utf8.count % 4) % 4)
            let digits = Array((whole + fraction).utf8)
            let groups = stride(from: 0, to: digits.count, by: 4).map { start in
                digits[start..<start + 4].reduce(0) { $0 * 10 + Int($1) - 48 }
            }
            self.init(isNegative: isNegative, weight: whole.utf8.count / 4 - 1, groups: groups)
        }
    }

    static func check(_ bytes: [UInt8]) throws(Violation) {
        var batch = RowBatch(columnCount: 1)
        let cell = bytes.withUnsafeBytes { PGDecoder.numeric.decode($0, into: &batch) }
        let fields = stride(from: 0, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
        guard bytes.count >= 8, bytes.count == 8 + 2 * fields[0] else {
            return try hold(cell == nil, "a wrong length is read as \(String(describing: cell))")
        }
        let groups = Array(fields[4...])
        if let special = [0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"][fields[2]] {
            guard case .bigDecimal(let slice)? = cell, batch.slice(slice).elementsEqual(special.utf8) else {
                throw Violation("\(special) is read as \(String(describing: cell))")
            }
            return
        }
        let weight = fields[1] < 0x8000 ? fields[1] : fields[1] - 0x1_0000
        let given = Number(isNegative: fields[2] == 0x4000, weight: weight, groups: groups)
        let decimals = decimalsNeeded(given)
        guard [0, 0x4000].contains(fields[2]), groups.allSatisfy({ $0 < 10_000 }), decimals <= fields[3] else {
            return try hold(cell == nil, "what is no numeric is read as \(String(describing: cell))")
        }
        let text: String
        switch cell {
        case .decimal(let mantissa, let scale):
            text = Self.text(mantissa: mantissa, scale: Int(scale))
            try hold(mantissa.magnitude < 1_000_000_000_000_000_000 && scale <= 18, "too long for a decimal: \(text)")
        case .bigDecimal(let slice):
            text = String(decoding: batch.slice(slice), as: UTF8.self)
            let printed =
                text.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.utf8.count ?? 0
            try hold(printed == fields[3], "\(printed) decimals are printed, not \(fields[3])")
            // PostgreSQL sends no zero group at either end; a server that does gets its value, in whichever form.
            let isTrimmed = groups.first != 0 && groups.last != 0
            try hold(!isTrimmed || !fitsDecimal(given, decimals), "\(text) would fit in a decimal")
        default: throw Violation("a numeric is read as \(String(describing: cell))")
        }
        let isPlain = text.utf8.allSatisfy { (48...57).contains($0) || $0 == 45 || $0 == 46 }
        try hold(isPlain, "\(text) is no plain decimal")
        try hold(Number(text: text) == given, "\(given) is read as \(text)")
    }

    private static func text(mantissa: Int64, scale: Int) -> String {
        var digits = String(mantissa.magnitude)
        digits = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
        let sign = mantissa < 0 ? "-" : ""
        return scale == 0 ? sign + digits : "\(sign)\(digits.dropLast(scale)).\(digits.suffix(scale))"
    }

    /// Digits after the point up to the last that is not zero.
    private static func decimalsNeeded(_ number: Number) -> Int {
        guard var last = number.groups.last else { return 0 }
        var count = (number.groups.count - 1 - number.weight) * 4
        while last % 10 == 0 { (last, count) = (last / 10, count - 1) }
        return max(0, count)
    }

    /// True for up to 18 digits, counted without the zeros after the point that say nothing, and up to 18 decimals.
    private static func fitsDecimal(_ number: Number, _ decimals: Int) -> Bool {
        guard let first = number.groups.first else { return true }
        let beforePoint = number.weight * 4 + String(first).utf8.count
        return decimals <= 18 && beforePoint + decimals <= 18
    }
}
