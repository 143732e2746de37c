/// A JSON object of scalars, each member's value as the text that was written. An object as a value stays text, too.
enum FlatObject {
    /// Nil where the bytes are no such object. The writer escapes nothing that a history holds.
    static func members(_ bytes: [UInt8]) -> [String: String]? {
        guard bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}") else { return nil }
        var members: [String: String] = [:]
        for part in split(bytes[1..<(bytes.count - 1)], at: UInt8(ascii: ",")) {
            let pair = split(part, at: UInt8(ascii: ":"))
            guard pair.count == 2, let name = pair.first, name.count > 2, name.first == UInt8(ascii: "\"") else {
                return nil
            }
            members[String(decoding: name.dropFirst().dropLast(), as: UTF8.self)] = String(
                decoding: pair[1], as: UTF8.self)
        }
        return members
    }

    private static func split(_ bytes: ArraySlice<UInt8>, at mark: UInt8) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var (start, depth, isQuoted) = (bytes.startIndex, 0, false)
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "{") where !isQuoted: depth += 1
            case UInt8(ascii: "}") where !isQuoted: depth -= 1
            case mark where !isQuoted && depth == 0:
                parts.append(bytes[start..<index])
                start = index + 1
            default: break
            }
        }
        if start < bytes.endIndex { parts.append(bytes[start...]) }
        return parts
    }
}
