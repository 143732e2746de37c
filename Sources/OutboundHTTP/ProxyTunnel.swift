import Foundation
import NIOCore
import SyncCore

/// Asks a proxy for a tunnel to the endpoint (CONNECT, RFC 9110 section 9.3.6). The handlers above see the channel become
/// active once the tunnel stands: TLS shakes hands with the endpoint then, and the proxy sees nothing of it.
final class ProxyTunnel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let mostBytesOfAnswer = 16 * 1024

    private let request: [UInt8]
    private let hasCredentials: Bool
    private var answer = ByteBuffer()
    private(set) var isOpen = false
    private var hasFailed = false

    /// `target` is the endpoint's `host:port`, with an IPv6 host in brackets.
    init(_ proxy: ProxyDefinition, target: String) {
        hasCredentials = proxy.credentials != nil
        var lines = ["CONNECT \(target) HTTP/1.1", "host: \(target)"]
        if let credentials = proxy.credentials {
            lines.append("proxy-authorization: Basic \(Data(credentials.reveal().utf8).base64EncodedString())")
        }
        request = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOpen { return context.fireChannelRead(data) }
        var part = unwrapInboundIn(data)
        answer.writeBuffer(&part)
        while !isOpen, !hasFailed, let head = nextHead() { judge(head, context: context) }
        if !isOpen, answer.readableBytes > Self.mostBytesOfAnswer { fail(.garbled, context: context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.fireErrorCaught(isOpen || error is ProxyTrouble ? error : ProxyTrouble.connection(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isOpen { fail(.closed, context: context) }
        context.fireChannelInactive()
    }

    /// Takes the lines up to the first empty one.
    private func nextHead() -> [UInt8]? {
        let end = Array("\r\n\r\n".utf8)
        let view = answer.readableBytesView
        guard let range = view.firstRange(of: end) else { return nil }
        return answer.readBytes(length: view.distance(from: view.startIndex, to: range.upperBound))
    }

    private func judge(_ head: [UInt8], context: ChannelHandlerContext) {
        let words = head.prefix { $0 != UInt8(ascii: "\r") }.split(separator: UInt8(ascii: " "))
        guard words.count >= 2, words[0].starts(with: Array("HTTP/1.".utf8)), words[1].count == 3,
            let status = Int(String(decoding: words[1], as: UTF8.self)), status >= 100
        else { return fail(.garbled, context: context) }
        switch status {
        case 100..<200: return
        case 200..<300: open(context: context)
        // 401 is tinyproxy's word for wrong credentials.
        case 401, 407: fail(.credentials(status, sent: hasCredentials), context: context)
        default: fail(.answered(status), context: context)
        }
    }

    private func open(context: ChannelHandlerContext) {
        // No endpoint speaks first: passed on, this could be taken for the answer to a request that it never saw.
        guard answer.readableBytes == 0 else { return fail(.garbled, context: context) }
        isOpen = true
        context.fireChannelActive()
    }

    private func fail(_ trouble: ProxyTrouble, context: ChannelHandlerContext) {
        guard !hasFailed else { return }
        hasFailed = true
        context.fireErrorCaught(trouble)
    }
}

/// Why a proxy gave no tunnel: the endpoint has heard nothing.
enum ProxyTrouble: Error {
    /// The proxy itself could not be reached, or the connection to it broke.
    case connection(any Error)
    case closed
    case garbled
    case credentials(Int, sent: Bool)
    case answered(Int)

    var result: AttemptResult {
        switch self {
        case .connection(let error): .notSent(answer: "proxy \(ConnectionTrouble.word(for: error))")
        case .closed: .notSent(answer: "proxy closed")
        case .garbled: .notSent(answer: "proxy garbled")
        case .credentials(let status, sent: true): .hopeless(answer: "the proxy refuses the credentials (\(status))")
        case .credentials(let status, sent: false): .hopeless(answer: "the proxy wants credentials (\(status))")
        // A proxy's rules do not change between two attempts, and what is no proxy does not become one.
        case .answered(let status) where Self.lasts(status): .forbidden(answer: "\(status) from the proxy")
        case .answered(let status): .notSent(answer: "\(status) from the proxy")
        }
    }

    private static func lasts(_ status: Int) -> Bool {
        (300..<500).contains(status) && ![408, 425, 429].contains(status) || status == 501
    }
}
