import NIOCore

/// The answer that nearly every request gets, read in one pass without an allocation: a whole 200 or 204 of HTTP/1.1
/// with ordinary header lines that keeps its connection. Anything that is not exactly this, byte for byte, is left to
/// the HTTP library's decoder: this reader never says what a doubtful answer means.
struct PlainAnswer {
    let status: Int
    /// Of the header lines in the bytes, each with its line end.
    let headerLines: Range<Int>

    /// Nil unless `bytes` are one whole such answer and nothing else.
    init?(_ bytes: Span<UInt8>) {
        guard let status = Self.status(bytes) else { return nil }
        guard let reasonEnd = Self.lineEnd(bytes, from: 12) else { return nil }
        var start = reasonEnd + 2
        var length: Int?
        var lines = 0
        while start < bytes.count, bytes[start] != cr {
            guard let end = Self.lineEnd(bytes, from: start), let colon = Self.nameEnd(bytes, from: start),
                lines < AnswerLimits.headerFields, end < AnswerLimits.headersInBytes
            else { return nil }
            lines += 1
            switch Field(bytes, start..<colon) {
            case .length:
                guard length == nil, let count = Self.number(bytes, colon + 1..<end) else { return nil }
                length = count
            case .connection:
                guard HeaderLine.trimmed(bytes, colon + 1..<end, equals: "keep-alive") else { return nil }
            case .framing: return nil
            case .other: break
            }
            start = end + 2
        }
        guard start + 2 <= bytes.count, bytes[start] == cr, bytes[start + 1] == lf else { return nil }
        // A 204 has no body, and a 200 says how long its is: then the end of the bytes is the end of the answer.
        guard let bodyLength = status == 204 ? length ?? 0 : length, status != 204 || bodyLength == 0,
            bodyLength <= AnswerLimits.bodyInBytes, start + 2 + bodyLength == bytes.count
        else { return nil }
        self.status = status
        headerLines = reasonEnd + 2..<start
    }

    /// Of the fields of that name, which is lower case; `lines` are the header lines of a plain answer.
    static func values(of name: String, in lines: Span<UInt8>) -> [String] {
        var values: [String] = []
        var start = 0
        while start < lines.count, let end = lineEnd(lines, from: start), let colon = nameEnd(lines, from: start) {
            if HeaderLine.name(lines, start..<colon, equals: name) {
                let value = HeaderLine.trimmed(lines, colon + 1..<end)
                values.append(String(decoding: value.map { lines[$0] }, as: UTF8.self))
            }
            start = end + 2
        }
        return values
    }

    /// What a header field has to do with where an answer ends.
    private enum Field {
        case length, connection, framing, other

        init(_ bytes: Span<UInt8>, _ name: Range<Int>) {
            // By length first: most names are none of these.
            switch name.count {
            case 14: self = HeaderLine.name(bytes, name, equals: "content-length") ? .length : .other
            case 10: self = HeaderLine.name(bytes, name, equals: "connection") ? .connection : .other
            case 17: self = HeaderLine.name(bytes, name, equals: "transfer-encoding") ? .framing : .other
            case 7:
                let isFraming =
                    HeaderLine.name(bytes, name, equals: "upgrade") || HeaderLine.name(bytes, name, equals: "trailer")
                self = isFraming ? .framing : .other
            case 16: self = HeaderLine.name(bytes, name, equals: "proxy-connection") ? .framing : .other
            default: self = .other
            }
        }
    }

    private static let version = Array("HTTP/1.1 20".utf8)

    private static func status(_ bytes: Span<UInt8>) -> Int? {
        // The shortest: a status line without a reason, and the empty line.
        guard bytes.count >= 17, version.indices.allSatisfy({ bytes[$0] == version[$0] }),
            bytes[12] == UInt8(ascii: " ")
        else { return nil }
        switch bytes[11] {
        case UInt8(ascii: "0"): return 200
        case UInt8(ascii: "4"): return 204
        default: return nil
        }
    }

    /// Where the line's CR LF stands; nil where a byte comes before it that no plain line has.
    private static func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            let byte = bytes[index]
            if byte == cr { return bytes[index + 1] == lf ? index : nil }
            guard (0x20...0x7E).contains(byte) else { return nil }
            index += 1
        }
        return nil
    }

    /// Where the colon stands behind a field's name.
    private static func nameEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < bytes.count, HeaderRules.isTokenByte(bytes[index]) { index += 1 }
        return index > start && index < bytes.count && bytes[index] == UInt8(ascii: ":") ? index : nil
    }

    private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        let digits = HeaderLine.trimmed(bytes, range)
        guard (1...9).contains(digits.count) else { return nil }
        var number = 0
        for index in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) else { return nil }
            number = number * 10 + Int(bytes[index] - UInt8(ascii: "0"))
        }
        return number
    }
}

private let cr = UInt8(ascii: "\r")
private let lf = UInt8(ascii: "\n")

/// Comparisons within header lines, where case counts only in values.
enum HeaderLine {
    /// `word` is lower case.
    static func name(_ bytes: Span<UInt8>, _ range: Range<Int>, equals word: String) -> Bool {
        guard range.count == word.utf8.count else { return false }
        var index = range.lowerBound
        for letter in word.utf8 {
            let byte = bytes[index]
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            guard (isUpper ? byte | 0x20 : byte) == letter else { return false }
            index += 1
        }
        return true
    }

    static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>, equals word: String) -> Bool {
        name(bytes, trimmed(bytes, range), equals: word)
    }

    /// Without the blanks at both ends, which are no part of a value (RFC 9110 section 5.5).
    static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, bytes[start] == UInt8(ascii: " ") { start += 1 }
        while end > start, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
        return start..<end
    }
}
