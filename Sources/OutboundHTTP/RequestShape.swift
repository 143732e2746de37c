import NIOCore
package import SyncCore

/// What all requests of a delivery have in common, made into bytes once.
package struct RequestShape: Sendable {
    /// Everything up to the value of the per-write header.
    let opening: [UInt8]

    /// `perWriteHeader` carries each write's user uid. Every name and value is checked here, before a library sees it.
    package init(
        method: String, path: String, host: String, headers: [(name: String, value: String)], perWriteHeader: String
    ) throws(Diagnostic) {
        let fields = [(name: "host", value: host)] + headers
        for field in fields { try HeaderRules.check(name: field.name, value: field.value) }
        try HeaderRules.check(name: perWriteHeader, value: "")
        try HeaderRules.check(target: path, method: method)
        let lines = ["\(method) \(path) HTTP/1.1"] + fields.map { "\($0.name): \($0.value)" }
        opening = Array((lines.joined(separator: "\r\n") + "\r\n\(perWriteHeader): ").utf8)
    }

    /// Replaces what `buffer` holds by one whole request.
    func fill(_ buffer: inout ByteBuffer, with write: PlannedWrite) {
        buffer.clear(minimumCapacity: opening.count + write.userUID.text.utf8.count + write.body.count + 48)
        buffer.writeBytes(opening)
        buffer.writeString(write.userUID.text)
        buffer.writeStaticString("\r\ncontent-length: ")
        buffer.writeString(String(write.body.count))
        buffer.writeStaticString("\r\n\r\n")
        buffer.writeBytes(write.body)
    }
}

/// What may stand in a request line and in header fields (RFC 9110 section 5), a little stricter: visible ASCII and
/// single spaces inside.
package enum HeaderRules {
    package static func check(name: String, value: String) throws(Diagnostic) {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { isTokenByte($0) }
        guard isToken else { throw .error("invalid_header", "a header name holds characters that no name may have") }
        guard isValidValue(value) else {
            throw .error(
                "invalid_header", "the value of header \(name) holds a character that cannot travel in a header",
                hint: "use visible ASCII without line breaks")
        }
    }

    static func check(target: String, method: String) throws(Diagnostic) {
        guard target.first == "/", target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            !method.isEmpty, method.utf8.allSatisfy({ isTokenByte($0) })
        else { throw .error("invalid_request", "the request line holds a character that it may not") }
    }

    private static func isValidValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { (0x20...0x7E).contains($0) } && value.utf8.first != 0x20 && value.utf8.last != 0x20
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
