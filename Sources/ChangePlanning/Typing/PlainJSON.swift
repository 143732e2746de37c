import SyncCore

/// Reads the JSON that databases mostly hold, without escapes and exponents, in one pass and without a tree. Answers nil
/// or false for any other, be it wrong or only unusual: `JSONText` then says which. Keeps its memory from row to row.
struct PlainJSON: Sendable {
    /// An object's member in the output: its key without the quotes, and all of it.
    private struct Member {
        var key: Range<Int>
        var whole: Range<Int>
    }

    private static let longestNumber = 40
    private var members: [Member] = []
    private var sorted: [UInt8] = []

    /// Appends what `JSONText.canonical` makes of the text, or nothing.
    mutating func appendCanonical(_ text: Span<UInt8>, to out: inout [UInt8]) -> Bool {
        let start = out.count
        members.removeAll(keepingCapacity: true)
        var index = 0
        if appendValue(of: text, at: &index, depth: 0, to: &out) {
            Self.skipBlanks(of: text, at: &index)
            if index == text.count { return true }
        }
        out.removeSubrange(start...)
        return false
    }

    /// The items of an array of strings, as slices of a text that begins at `offset` of a longer one.
    static func appendStrings(of text: Span<UInt8>, offset: UInt32, to slices: inout [ByteSlice]) -> Bool {
        var index = 0
        guard take(UInt8(ascii: "["), of: text, at: &index) else { return false }
        if !take(UInt8(ascii: "]"), of: text, at: &index) {
            repeat {
                skipBlanks(of: text, at: &index)
                guard let string = string(of: text, at: &index) else { return false }
                slices.append(ByteSlice(offset: offset + UInt32(string.lowerBound), count: UInt32(string.count)))
            } while take(UInt8(ascii: ","), of: text, at: &index)
            guard take(UInt8(ascii: "]"), of: text, at: &index) else { return false }
        }
        skipBlanks(of: text, at: &index)
        return index == text.count
    }

    private mutating func appendValue(
        of text: Span<UInt8>, at index: inout Int, depth: Int, to out: inout [UInt8]
    ) -> Bool {
        Self.skipBlanks(of: text, at: &index)
        guard index < text.count, depth < JSONText.deepest else { return false }
        switch text[index] {
        case UInt8(ascii: "{"): return appendObject(of: text, at: &index, depth: depth, to: &out)
        case UInt8(ascii: "["): return appendArray(of: text, at: &index, depth: depth, to: &out)
        case UInt8(ascii: "\""):
            guard let string = Self.string(of: text, at: &index) else { return false }
            out.appendSpan(text.extracting(string.lowerBound - 1..<string.upperBound + 1))
            return true
        default:
            let start = index
            guard Self.skipLiteral(of: text, at: &index) else { return false }
            out.appendSpan(text.extracting(start..<index))
            return true
        }
    }

    private mutating func appendArray(
        of text: Span<UInt8>, at index: inout Int, depth: Int, to out: inout [UInt8]
    ) -> Bool {
        index += 1
        out.append(UInt8(ascii: "["))
        if !Self.take(UInt8(ascii: "]"), of: text, at: &index) {
            repeat {
                guard appendValue(of: text, at: &index, depth: depth + 1, to: &out) else { return false }
                out.append(UInt8(ascii: ","))
            } while Self.take(UInt8(ascii: ","), of: text, at: &index)
            guard Self.take(UInt8(ascii: "]"), of: text, at: &index) else { return false }
            out.removeLast()
        }
        out.append(UInt8(ascii: "]"))
        return true
    }

    private mutating func appendObject(
        of text: Span<UInt8>, at index: inout Int, depth: Int, to out: inout [UInt8]
    ) -> Bool {
        index += 1
        out.append(UInt8(ascii: "{"))
        let first = members.count
        var isSorted = true
        if !Self.take(UInt8(ascii: "}"), of: text, at: &index) {
            repeat {
                Self.skipBlanks(of: text, at: &index)
                let start = out.count
                guard let key = Self.string(of: text, at: &index), Self.take(UInt8(ascii: ":"), of: text, at: &index)
                else { return false }
                out.appendSpan(text.extracting(key.lowerBound - 1..<key.upperBound + 1))
                out.append(UInt8(ascii: ":"))
                let keyInOutput = start + 1..<start + 1 + key.count
                if members.count > first, let previous = members.last {
                    isSorted = isSorted && out[previous.key].lexicographicallyPrecedes(out[keyInOutput])
                }
                let place = members.count
                members.append(Member(key: keyInOutput, whole: start..<start))
                guard appendValue(of: text, at: &index, depth: depth + 1, to: &out) else { return false }
                members[place].whole = start..<out.count
                out.append(UInt8(ascii: ","))
            } while Self.take(UInt8(ascii: ","), of: text, at: &index)
            guard Self.take(UInt8(ascii: "}"), of: text, at: &index) else { return false }
            out.removeLast()
        }
        if !isSorted, !sortMembers(from: first, of: &out) { return false }
        members.removeLast(members.count - first)
        out.append(UInt8(ascii: "}"))
        return true
    }

    /// Puts the members of the object at the output's end in the order of their keys. False where a key is there twice.
    private mutating func sortMembers(from first: Int, of out: inout [UInt8]) -> Bool {
        members[first...].sort { [out] in out[$0.key].lexicographicallyPrecedes(out[$1.key]) }
        sorted.removeAll(keepingCapacity: true)
        var previous: Range<Int>?
        for member in members[first...] {
            if let previous, out[previous].elementsEqual(out[member.key]) { return false }
            if previous != nil { sorted.append(UInt8(ascii: ",")) }
            sorted.append(contentsOf: out[member.whole])
            previous = member.key
        }
        out.removeLast(sorted.count)
        out.append(contentsOf: sorted)
        return true
    }

    /// The bytes between the quotes, of a string that stands here.
    private static func string(of text: Span<UInt8>, at index: inout Int) -> Range<Int>? {
        guard index < text.count, text[index] == UInt8(ascii: "\"") else { return nil }
        let start = index + 1
        index = start
        while index < text.count {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "\"") { return start..<index - 1 }
            if byte < 0x20 || byte == UInt8(ascii: "\\") { return nil }
        }
        return nil
    }

    private static func skipLiteral(of text: Span<UInt8>, at index: inout Int) -> Bool {
        let start = index
        while index < text.count, !isEnd(text[index]) { index += 1 }
        guard index > start, index - start <= longestNumber else { return false }
        switch text[start] {
        case UInt8(ascii: "n"): return isWord("null", text, start, index)
        case UInt8(ascii: "t"): return isWord("true", text, start, index)
        case UInt8(ascii: "f"): return isWord("false", text, start, index)
        default: return isNumber(text.extracting(start..<index))
        }
    }

    static func isEnd(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): true
        default: isBlank(byte)
        }
    }

    private static func isWord(_ word: StaticString, _ text: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard end - start == word.utf8CodeUnitCount else { return false }
        for index in 0..<end - start where unsafe word.utf8Start[index] != text[start + index] { return false }
        return true
    }

    /// `-?digits[.digits]`, no leading zero.
    static func isNumber(_ text: Span<UInt8>) -> Bool {
        guard !text.isEmpty else { return false }
        var index = text[0] == UInt8(ascii: "-") ? 1 : 0
        let whole = skipDigits(text, &index)
        guard whole > 0, whole == 1 || text[index - whole] != UInt8(ascii: "0") else { return false }
        guard index < text.count, text[index] == UInt8(ascii: ".") else { return index == text.count }
        index += 1
        return skipDigits(text, &index) > 0 && index == text.count
    }

    private static func skipDigits(_ text: Span<UInt8>, _ index: inout Int) -> Int {
        let start = index
        while index < text.count, text[index] &- UInt8(ascii: "0") < 10 { index += 1 }
        return index - start
    }

    private static func take(_ mark: UInt8, of text: Span<UInt8>, at index: inout Int) -> Bool {
        skipBlanks(of: text, at: &index)
        guard index < text.count, text[index] == mark else { return false }
        index += 1
        return true
    }

    private static func skipBlanks(of text: Span<UInt8>, at index: inout Int) {
        while index < text.count, isBlank(text[index]) { index += 1 }
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
            || byte == UInt8(ascii: "\r")
    }
}
