/// What the simulator holds, read from its compact JSON without changing a digit: attributes by user, each the literal
/// that was sent.
struct HeldUsers {
    private(set) var byUID: [String: [String: String]] = [:]

    private let text: [UInt8]
    private var index = 0

    struct Unreadable: Error, CustomStringConvertible {
        var description: String
    }

    init(_ page: String) throws {
        text = Array(page.utf8)
        try skip(to: "\"users\":[")
        while index < text.count, text[index] == UInt8(ascii: "{") {
            try skip(to: "\"uid\":")
            let uid = String(try literal().dropFirst().dropLast())
            try skip(to: "\"attributes\":{")
            var attributes: [String: String] = [:]
            while text[index] != UInt8(ascii: "}") {
                let key = String(try literal().dropFirst().dropLast())
                try skip(to: ":")
                attributes[key] = try literal()
                if text[index] == UInt8(ascii: ",") { index += 1 }
            }
            byUID[uid] = attributes
            index += 2
            if index < text.count, text[index] == UInt8(ascii: ",") { index += 1 }
        }
    }

    private mutating func skip(to mark: String) throws {
        let mark = Array(mark.utf8)
        while index + mark.count <= text.count {
            if text[index] == mark[0], text[index..<index + mark.count].elementsEqual(mark) {
                index += mark.count
                return
            }
            index += 1
        }
        throw Unreadable(description: "no \(String(decoding: mark, as: UTF8.self)) in what the simulator says")
    }

    /// A string with its quotes, or any other scalar.
    private mutating func literal() throws -> String {
        let start = index
        if text[index] == UInt8(ascii: "\"") {
            index += 1
            while text[index] != UInt8(ascii: "\"") { index += text[index] == UInt8(ascii: "\\") ? 2 : 1 }
            index += 1
        } else {
            while text[index] != UInt8(ascii: ","), text[index] != UInt8(ascii: "}") { index += 1 }
        }
        return String(decoding: text[start..<index], as: UTF8.self)
    }
}
