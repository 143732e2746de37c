import SyncCore

/// Lists of strings in the one form that is sent: items sorted by their bytes, without duplicates, `|a|b|`; the empty
/// list is the empty text. Keeps its memory from row to row.
struct StringLists: Sendable {
    private var items: [[UInt8]] = []
    private var slices: [ByteSlice] = []

    /// A PostgreSQL text array, in the form of `Cell.textList`.
    mutating func append(encoded list: ByteSlice, of source: [UInt8], to out: inout [UInt8]) throws(TypingProblem) {
        slices.removeAll(keepingCapacity: true)
        var offset = list.offset
        let end = list.offset + list.count
        while offset + 4 <= end {
            let length = (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(source[Int(offset) + $1]) }
            if length == .max { throw .listItemNull }
            slices.append(ByteSlice(offset: offset + 4, count: length))
            offset += 4 + length
        }
        try appendSlices(of: source, to: &out)
    }

    /// The items in `slices`.
    private mutating func appendSlices(of source: [UInt8], to out: inout [UInt8]) throws(TypingProblem) {
        for slice in slices {
            try Self.requireItem(source.span.extracting(Self.range(slice)))
        }
        slices.sort { source[Self.range($0)].lexicographicallyPrecedes(source[Self.range($1)]) }
        let header = out.count
        out.appendCanonicalTextHeader(count: 0)
        var previous: ByteSlice?
        for slice in slices {
            if let previous, source[Self.range(previous)].elementsEqual(source[Self.range(slice)]) { continue }
            if previous == nil { out.append(UInt8(ascii: "|")) }
            out.append(contentsOf: source[Self.range(slice)])
            out.append(UInt8(ascii: "|"))
            previous = slice
        }
        out.setCanonicalTextCount(headerAt: header)
    }

    /// A PostgreSQL text array as people read it, whatever its items: `["a",null]`.
    static func shown(_ list: ByteSlice, of batch: RowBatch) -> String {
        var text: [UInt8] = []
        var offset = list.offset
        while offset + 4 <= list.offset + list.count {
            text.append(UInt8(ascii: text.isEmpty ? "[" : ","))
            let length = (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(batch.bytes[Int(offset) + $1]) }
            let isNull = length == .max
            let item = ByteSlice(offset: offset + 4, count: isNull ? 0 : length)
            if isNull {
                text += Array("null".utf8)
            } else {
                AttributeValue.appendJSONString(batch.slice(item).span, to: &text)
            }
            offset = item.offset + item.count
        }
        return String(decoding: text.isEmpty ? Array("[]".utf8) : text + Array("]".utf8), as: UTF8.self)
    }

    /// A JSON array of strings.
    mutating func append(json: ByteSlice, of source: [UInt8], to out: inout [UInt8]) throws(TypingProblem) {
        slices.removeAll(keepingCapacity: true)
        let text = source.span.extracting(json.range)
        if PlainJSON.appendStrings(of: text, offset: json.offset, to: &slices) {
            try appendSlices(of: source, to: &out)
        } else {
            try append(unusual: Array(source[json.range]), to: &out)
        }
    }

    private mutating func append(unusual json: [UInt8], to out: inout [UInt8]) throws(TypingProblem) {
        let node: JSONText.Node
        do { node = try JSONText.parse(json) } catch .nulCharacter {
            throw .nulCharacter
        } catch { throw .notListOfStrings }
        guard case .array(let nodes) = node else { throw .notListOfStrings }
        items.removeAll(keepingCapacity: true)
        for item in nodes {
            switch item {
            case .string(let text):
                try Self.requireItem(text.span)
                items.append(text)
            case .literal(let literal) where literal.elementsEqual("null".utf8): throw .listItemNull
            case .array: throw .nestedList
            default: throw .notListOfStrings
            }
        }
        items.sort { $0.lexicographicallyPrecedes($1) }
        let header = out.count
        out.appendCanonicalTextHeader(count: 0)
        for (index, item) in items.enumerated() where index == 0 || items[index - 1] != item {
            if index == 0 { out.append(UInt8(ascii: "|")) }
            out.append(contentsOf: item)
            out.append(UInt8(ascii: "|"))
        }
        out.setCanonicalTextCount(headerAt: header)
    }

    private static func requireItem(_ item: Span<UInt8>) throws(TypingProblem) {
        if item.isEmpty { throw .listItemEmpty }
        for index in item.indices where item[index] == UInt8(ascii: "|") { throw .listItemWithPipe }
        try TextChecks.requireText(item)
    }

    private static func range(_ slice: ByteSlice) -> Range<Int> { Int(slice.offset)..<Int(slice.offset + slice.count) }
}
