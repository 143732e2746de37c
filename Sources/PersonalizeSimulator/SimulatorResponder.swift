import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What a handler needs to know of a connection.
struct SimulatorContext: InitializableFromSource {
    let connection: RawConnection

    init(source: ApplicationRequestContextSource) { connection = RawConnection(source.channel) }
}

/// One request, read completely.
struct Exchange: Sendable {
    var method: String
    var path: String
    var query: String
    var headers: HTTPFields
    var body: [UInt8]

    func header(_ name: HTTPField.Name) -> String? {
        headers[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    var project: String? { header(.projectUID) }
    var uid: String? { header(.userUID) ?? header(.legacyUserUID) }
}

/// Takes every request to the right API, past the fault rules.
struct SimulatorResponder: HTTPResponder {
    private static let maximumBodyInBytes = 1_048_576

    private let options: SimulatorOptions
    private let state: SimulatorState

    init(_ options: SimulatorOptions) {
        self.options = options
        state = SimulatorState(options)
    }

    func respond(to request: Request, context: SimulatorContext) async throws -> Response {
        var exchange = Exchange(
            method: request.method.rawValue, path: Self.path(of: request), query: request.uri.query ?? "",
            headers: request.headers, body: [])
        if PageAPI.serves(exchange) {
            guard state.admits(host: request.head.authority) else { return PageAPI.misdirected.response }
            if exchange.path == EventStream.path {
                return EventStream(state: state, connection: context.connection).start()
            }
            return await PageAPI(state: state).answer(exchange).response
        }
        if exchange.path.hasPrefix(AdminAPI.prefix) {
            guard try await Self.readBody(of: request, into: &exchange) else { return Answer.tooLarge.response }
            return AdminAPI(state: state).answer(exchange).response
        }
        let received = options.now()
        let user = exchange.uid.map { UserKey(project: exchange.project ?? "", uid: $0) }
        state.traffic.begin(user)
        let ticket = FlightTicket(state.traffic, user: user)
        defer { ticket.end() }
        guard try await Self.readBody(of: request, into: &exchange) else {
            state.record(exchange, at: received, status: 413, fault: nil, isApplied: false)
            return Answer.tooLarge.response
        }
        if let latency = state.latency, EdgeAPI.paths.contains(exchange.path) {
            try await context.connection.wait(latency.next(), clock: options.clock) { ticket.end() }
        }
        let subject = FaultSubject(
            method: exchange.method, path: exchange.path, project: exchange.project, uid: exchange.uid)
        if let rule = state.faults.decide(subject) {
            let player = FaultPlayer(
                rule: rule, state: state, clock: options.clock, connection: context.connection, ticket: ticket)
            return try await player.answer(exchange, received: received).response
        }
        let answer = state.answer(exchange)
        state.record(exchange, at: received, status: answer.status, fault: nil, isApplied: answer.isApplied)
        return answer.response
    }

    /// False when the body is larger than the simulator takes.
    private static func readBody(of request: Request, into exchange: inout Exchange) async throws -> Bool {
        var body: [UInt8] = []
        for try await part in request.body {
            guard body.count + part.readableBytes <= maximumBodyInBytes else { return false }
            body.append(contentsOf: part.readableBytesView)
        }
        exchange.body = body
        return true
    }

    /// Without the query, and with one slash where a base address that ends in a slash made two.
    private static func path(of request: Request) -> String {
        let path = request.uri.path
        return path.hasPrefix("//") ? String(path.dropFirst()) : path
    }
}
