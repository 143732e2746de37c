import NIOCore
import NIOHTTP2
import SyncCore

/// What the server says, stream by stream.
extension StreamConnection {
    func received(_ payload: HTTP2Frame.FramePayload.Headers, on id: HTTP2StreamID) {
        guard let exchange = exchanges[id] else { return }
        if exchange.answer == nil {
            guard let answer = HTTPAnswer(payload.headers), answer.status >= 200 else { return }
            exchanges[id]?.answer = answer
        }
        if payload.endStream { answered = id }
    }

    func received(_ payload: HTTP2Frame.FramePayload.Data, on id: HTTP2StreamID) {
        guard var exchange = exchanges[id] else { return }
        exchange.bodyLength += payload.data.readableBytes
        exchanges[id] = exchange
        if exchange.bodyLength > AnswerLimits.bodyInBytes {
            return answeredAtLength(id, exchange, isOver: payload.endStream)
        }
        if payload.endStream { answered = id }
    }

    /// More body than is read. What refuses says so in its head; what confirms must be complete.
    private func answeredAtLength(_ id: HTTP2StreamID, _ exchange: StreamExchange, isOver: Bool) {
        guard let dispatcher, let answer = exchange.answer else { return }
        let result = dispatcher.classify(answer, exchange.write.userUID)
        switch result {
        case .refused, .forbidden, .throttled: finish(id, as: result, afterReset: !isOver)
        case .confirmed, .ambiguous, .unanswered, .notSent, .hopeless:
            finish(id, as: .ambiguous(answer: "too large"), afterReset: !isOver)
        }
    }

    /// The server needed no more of the request than it had: the rest stays here.
    func settleEarlyAnswer(isReset: Bool = false) {
        guard let id = answered else { return }
        answered = nil
        finishAnswered(id, afterReset: !isReset)
    }

    private func finishAnswered(_ id: HTTP2StreamID, afterReset: Bool) {
        guard let exchange = exchanges[id], let answer = exchange.answer, let dispatcher else { return }
        finish(id, as: dispatcher.classify(answer, exchange.write.userUID), afterReset: afterReset)
    }

    /// A reset whose stream is refused (RFC 9113 section 8.7) was not applied for certain; any other may have been.
    func wasReset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        finish(id, as: code == .refusedStream ? .notSent(answer: "refused stream") : .ambiguous(answer: "reset"))
    }

    /// What came after the last stream that the server looks at was not applied, and moves to another connection; the
    /// others go on to their answer.
    func goAway(_ last: HTTP2StreamID) {
        if isOpening { return fail(.notSent(answer: "going away")) }
        guard phase != .closed else { return }
        phase = .draining
        for id in exchanges.keys.filter({ $0 > last }).sorted(by: >) {
            if let exchange = exchanges.removeValue(forKey: id) { dispatcher?.move(exchange) }
        }
        dispatcher?.resume()
    }

    func received(_ settings: HTTP2Settings) {
        if let most = settings.last(where: { $0.parameter == .maxConcurrentStreams })?.value {
            limit = min(most, Self.mostStreams)
        }
        if phase == .settings { phase = .ready }
        if phase == .ready { dispatcher?.hasNewRoom(self) }
    }

    /// The events of a stream follow the frame that ended it.
    func closed(_ event: StreamClosedEvent) {
        guard exchanges[event.streamID] != nil else { return }
        if answered == event.streamID {
            answered = nil
            finishAnswered(event.streamID, afterReset: false)
        } else if event.reason != nil {
            // Neither of us reset it on purpose: the library did, since the answer breaks the protocol.
            hasStreamError = true
            finish(event.streamID, as: .ambiguous(answer: "garbled"))
        }
    }

    func acknowledged(_ ping: UInt64) {
        let over = givenUp.prefix { $0.ping <= ping }
        givenUp.removeFirst(over.count)
        for item in over { dispatcher?.finished(item.exchange, with: .unanswered(answer: "timeout")) }
    }

    /// Half of the window is room enough for answers that are small.
    func widen(_ event: NIOHTTP2WindowUpdatedEvent) {
        guard event.streamID == .rootStream, let size = event.inboundWindowSize,
            size < StreamSettings.connectionWindow / 2
        else { return }
        write(.windowUpdate(windowSizeIncrement: StreamSettings.connectionWindow - size))
    }
}
