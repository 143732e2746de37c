import NIOHTTP1

/// Status and headers of a complete answer.
package struct HTTPAnswer: Sendable {
    package let status: Int
    private let headers: HTTPHeaders

    init(_ head: HTTPResponseHead) { self.init(status: Int(head.status.code), headers: head.headers) }

    init(status: Int, headers: HTTPHeaders) {
        self.status = status
        self.headers = headers
    }

    /// The first field of that name, whatever its case.
    package func header(_ name: String) -> String? { headers.first(name: name).map(Self.trimmed) }

    /// All fields of that name.
    package func headers(_ name: String) -> [String] { headers[name].map(Self.trimmed) }

    /// Blanks around a value are not part of it (RFC 9110 section 5.5), and the decoder leaves those behind it.
    private static func trimmed(_ value: String) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let last = value.utf8.last, isBlank(last) || value.utf8.first.map(isBlank) == true else { return value }
        let start = value.utf8.drop(while: isBlank)
        return String(decoding: start.reversed().drop(while: isBlank).reversed(), as: UTF8.self)
    }
}

/// Limits of what an answer may be; more than that is no answer.
enum AnswerLimits {
    static let bodyInBytes = 64 * 1024
    static let headersInBytes = 16 * 1024
    static let headerFields = 100

    static var decoder: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = headersInBytes
        limits.maxHeaderListSize = headersInBytes
        limits.maxHeaderFieldCount = headerFields
        return limits
    }
}
