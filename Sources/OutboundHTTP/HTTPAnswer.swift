import NIOHTTP1

/// Status and headers of a complete answer.
package struct HTTPAnswer: Sendable {
    package let status: Int
    private let headers: HTTPHeaders

    init(_ head: HTTPResponseHead) {
        status = Int(head.status.code)
        headers = head.headers
    }

    /// The first field of that name, whatever its case.
    package func header(_ name: String) -> String? { headers.first(name: name) }
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
