import Foundation
import Hummingbird

/// Does to one request what a rule says.
struct FaultPlayer {
    /// Ends the handler after the connection was closed under it.
    private struct ConnectionGone: Error {}

    let rule: FaultRule
    let state: SimulatorState
    let clock: any Clock<Duration>
    let connection: RawConnection
    let ticket: FlightTicket

    func answer(_ exchange: Exchange, received: Date) async throws -> Answer {
        if rule.delay > .zero { try await wait(isFinal: false) { try await clock.sleep(for: rule.delay) } }
        let real = rule.isApplied ? state.answer(exchange) : nil
        let status = answeredStatus(real)
        state.record(
            exchange, at: received, status: status, fault: rule.name, isApplied: real?.isApplied ?? false)
        switch rule.effect {
        case .status(let status, let headers, let body):
            return Answer(
                status: status, headers: headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, body: body)
        case .delay:
            if let real { return real }
            return .error(503, field: "simulator", code: "a delay that applies nothing answers nothing")
        case .reset:
            ticket.end()
            await connection.reset()
        case .drop:
            ticket.end()
            await connection.close()
        case .hang:
            try await wait(isFinal: true) { await connection.waitUntilClosed() }
        case .slow(let chunk, let interval):
            let bytes = (real ?? Answer(status: state.options.successStatus)).wireBytes
            try await wait(isFinal: false) {
                try await connection.send(bytes.dropLast(), chunkInBytes: chunk, interval: interval, clock: clock)
            }
            ticket.end()
            try await connection.send(bytes.suffix(1), clock: clock)
            await connection.close()
        case .garbage:
            ticket.end()
            try await connection.send(Array("\u{16}\u{3}garbage, no HTTP\r\n\r\n".utf8), clock: clock)
            await connection.close()
        }
        throw ConnectionGone()
    }

    private func answeredStatus(_ real: Answer?) -> Int? {
        switch rule.effect {
        case .status(let status, _, _): status
        case .delay: real?.status ?? 503
        case .slow: real?.status ?? state.options.successStatus
        case .reset, .drop, .hang, .garbage: nil
        }
    }

    /// Lets time pass, and ends the flight as soon as the client has gone.
    private func wait(isFinal: Bool, _ waiting: () async throws -> Void) async throws {
        try await connection.watchForClosing(closes: isFinal) { [ticket] in ticket.end() }
        try await waiting()
    }
}
