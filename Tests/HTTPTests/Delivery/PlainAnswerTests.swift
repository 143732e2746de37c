import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestKit
import Testing

@testable import OutboundHTTP

/// The reader of plain answers takes nothing that the HTTP library reads differently.
struct PlainAnswerTests {
    static let plain = [
        "HTTP/1.1 204 No Content\r\nServer: nginx\r\nDate: Wed, 25 Nov 2026 10:00:00 GMT\r\nConnection: keep-alive\r\n\r\n",
        "HTTP/1.1 204 \r\n\r\n",
        "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\nx-cs-personalize-user-uid:  u 1 \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n",
    ]

    @Test(arguments: plain) func takesWhatNearlyEveryRequestGets(text: String) throws {
        let answer = try #require(HTTPAnswer(plain: ByteBuffer(string: text)))
        let decoded = try #require(Self.decode(Array(text.utf8)))
        #expect(answer.status == decoded.status)
        for name in ["date", "Content-Length", "x-cs-personalize-user-uid", "none"] {
            #expect(answer.headers(name) == decoded.headers(name))
            #expect(answer.header(name) == decoded.header(name))
        }
    }

    @Test(arguments: [
        "HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\nabc", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", "HTTP/1.0 204 No Content\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no", "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 204 No\nContent\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok", "HTTP/1.1 204\r\n\r\n",
        "HTTP/1.1 204 No Content\r\na: b\r\n c\r\n\r\n", "HTTP/1.1 204 No Content\r\na : b\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 2045 No\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok", "HTTP/1.1 204 No Content\r\nUpgrade: h2c\r\n\r\n", "",
    ])
    func leavesAllElseToTheDecoder(text: String) {
        #expect(HTTPAnswer(plain: ByteBuffer(string: text)) == nil)
    }

    @Test func agreesWithTheDecoderOnWhateverItTakes() {
        var random = SplitMix(state: 20_261_125)
        var taken = 0
        for _ in 0..<6_000 {
            var bytes = Array((Self.plain.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) { Self.mutate(&bytes, using: &random) }
            guard let answer = HTTPAnswer(plain: ByteBuffer(bytes: bytes)) else { continue }
            taken += 1
            guard let decoded = Self.decode(bytes), decoded.status == answer.status,
                decoded.headers("date") == answer.headers("date")
            else {
                Issue.record("taken, but the decoder reads it differently: \(String(decoding: bytes, as: UTF8.self))")
                return
            }
        }
        #expect(taken > 1_500)
    }

    private static func mutate(_ bytes: inout [UInt8], using random: inout SplitMix) {
        let pieces = ["\r\n", "\n", ":", " ", "0", "close", "\r\nContent-Length: 1", "\u{0}", "\t", "chunked", "é"]
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.remove(at: place)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: place)
        default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 1...4, using: &random)))
        }
        if bytes.isEmpty { bytes = [0] }
    }

    /// What the library makes of the bytes: nil unless they are one whole answer, no more, that keeps the connection.
    private static func decode(_ bytes: [UInt8]) -> HTTPAnswer? {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        do {
            let decoder = HTTPResponseDecoder(limitConfiguration: AnswerLimits.decoder)
            try channel.pipeline.syncOperations.addHandler(Swallowing())
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
            let request = HTTPRequestHead(version: .http1_1, method: .PATCH, uri: "/")
            channel.pipeline.write(HTTPClientRequestPart.head(request), promise: nil)
            try channel.writeInbound(ByteBuffer(bytes: bytes))
            var answer: HTTPAnswer?
            var isComplete = false
            while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
                if isComplete { return nil }
                switch part {
                case .head(let head):
                    guard head.isKeepAlive, answer == nil else { return nil }
                    answer = HTTPAnswer(head)
                case .body: break
                case .end: isComplete = true
                }
            }
            return isComplete ? answer : nil
        } catch {
            return nil
        }
    }
}

/// The decoder's notice of a request ends here: there is no socket.
private final class Swallowing: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) { promise?.succeed() }
}
