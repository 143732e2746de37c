import NIOCore
import NIOHTTP1

/// Status and headers of a complete answer.
package struct HTTPAnswer: Sendable {
    private enum Fields: Sendable {
        case decoded(HTTPHeaders)
        /// The header lines of a `PlainAnswer`, read when somebody asks.
        case lines(ByteBuffer)
    }

    package let status: Int
    private let fields: Fields

    init(_ head: HTTPResponseHead) {
        status = Int(head.status.code)
        fields = .decoded(head.headers)
    }

    /// Of a whole answer and nothing else; nil where that is for the decoder to say.
    init?(plain buffer: ByteBuffer) {
        guard let answer = PlainAnswer(buffer.readableBytesUInt8Span) else { return nil }
        let start = buffer.readerIndex + answer.headerLines.lowerBound
        guard let lines = buffer.getSlice(at: start, length: answer.headerLines.count) else { return nil }
        status = answer.status
        fields = .lines(lines)
    }

    /// The first field of that name, whatever its case.
    package func header(_ name: String) -> String? { headers(name).first }

    /// All fields of that name.
    package func headers(_ name: String) -> [String] {
        switch fields {
        case .decoded(let headers): headers[name].map(Self.trimmed)
        case .lines(let lines): PlainAnswer.values(of: name.lowercased(), in: lines.readableBytesUInt8Span)
        }
    }

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
