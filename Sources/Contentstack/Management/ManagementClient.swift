import Foundation
package import OutboundHTTP
import SyncCore

/// Contentstack's management API, of one project: what its attributes, audiences, events are. Needs a login.
package struct ManagementClient: Sendable {
    /// Whom it asks, and what for.
    package struct Address: Sendable {
        package var endpoint: HTTPEndpoint
        package var projectUID: String
        /// `organization_uid`, which lists of projects want.
        package var organizationUID: String?
        package var userAgent: String

        package init(endpoint: HTTPEndpoint, projectUID: String, organizationUID: String? = nil, userAgent: String) {
            self.endpoint = endpoint
            self.projectUID = projectUID
            self.organizationUID = organizationUID
            self.userAgent = userAgent
        }
    }

    /// Time and chance, which tests replace.
    package struct Rhythm: Sendable {
        package var now: @Sendable () -> ContinuousClock.Instant = { .now }
        package var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        package var random: @Sendable () -> Double = { .random(in: 0..<1) }
        package init() {}
    }

    private let caller: HTTPCaller
    private let address: Address
    private let credentials: any CredentialSource
    private let pace: ManagementPace
    private let rhythm: Rhythm

    package init(
        _ caller: HTTPCaller, address: Address, credentials: any CredentialSource, pace: ManagementPace,
        rhythm: Rhythm = Rhythm()
    ) {
        self.caller = caller
        self.address = address
        self.credentials = credentials
        self.pace = pace
        self.rhythm = rhythm
    }

    private var host: String { address.endpoint.authority }

    // MARK: What a project has

    /// All of them, presets included.
    package func attributes() async throws(ManagementFailure) -> [RemoteAttribute] { try await list("/attributes") }

    package func audiences() async throws(ManagementFailure) -> [RemoteAudience] { try await list("/audiences") }

    package func projects() async throws(ManagementFailure) -> [RemoteProject] { try await list("/projects") }

    /// Where no success is answered, the list tells whether it is there all the same.
    package func create(
        attribute key: String, name: String, description: String?
    ) async throws(ManagementFailure) -> RemoteAttribute {
        let body = NewAttribute(key: key, name: name, description: description)
        do throws(ManagementFailure) {
            return try decode(try await send("POST", "/attributes", body: encode(body)))
        } catch {
            // It may be there all the same: the answer was lost, or somebody else was faster.
            guard error.kind == .unanswered || error.kind == .refused else { throw error }
            let all = try await attributes()
            guard let created = all.first(where: { $0.key == key && !$0.isPreset }) else { throw error }
            return created
        }
    }

    private struct NewAttribute: Encodable { var key: String, name: String, description: String? }

    // MARK: Requests

    private static let mostThrottles = 5
    private static let mostTroubles = 3

    private func list<Item: Decodable>(_ path: String) async throws(ManagementFailure) -> [Item] {
        try decode(try await send("GET", path))
    }

    /// Returns a successful answer's body. What changes something is asked again only where the first request cannot
    /// have been heard.
    private func send(_ method: String, _ path: String, body: [UInt8] = []) async throws(ManagementFailure) -> [UInt8] {
        let mayRepeat = method == "GET"
        var (throttles, troubles) = (0, 0)
        var credential = try await signIn(insteadOf: nil)
        var wasRefused = false
        while true {
            try await wait(pace.wait(at: rhythm.now()))
            let reply: HTTPReply
            do throws(ExchangeFailure) {
                reply = try await caller.send(call(method, path, body, credential), to: address.endpoint)
            } catch {
                troubles += 1
                guard mayRepeat || !error.mayHaveArrived, troubles <= Self.mostTroubles else {
                    throw unanswered("gave no complete answer: \(error.reason)")
                }
                try await wait(backOff(.milliseconds(100), troubles))
                continue
            }
            switch reply.answer.status {
            case 200..<300: return reply.body
            case 401 where !wasRefused:
                wasRefused = true
                credential = try await signIn(insteadOf: credential)
            case 429:
                throttles += 1
                guard throttles <= Self.mostThrottles else { throw unanswered("is asked too often (429)") }
                try await wait(backOff(.milliseconds(300), throttles))
            case 500...:
                troubles += 1
                guard mayRepeat, troubles <= Self.mostTroubles else {
                    throw unanswered("answered \(reply.answer.status)")
                }
                try await wait(backOff(.milliseconds(100), troubles))
            default: throw refusal(reply, of: "\(method) \(path)")
            }
        }
    }

    private func call(
        _ method: String, _ path: String, _ body: [UInt8], _ credential: ManagementCredential
    ) -> HTTPCall {
        var headers = [
            credential.header, (name: "x-project-uid", value: address.projectUID),
            (name: "user-agent", value: address.userAgent), (name: "accept", value: "application/json"),
        ]
        if let uid = address.organizationUID { headers.append((name: "organization_uid", value: uid)) }
        if !body.isEmpty { headers.append((name: "content-type", value: "application/json")) }
        return HTTPCall(method: method, path: path, headers: headers, body: body)
    }

    private func signIn(
        insteadOf refused: ManagementCredential?
    ) async throws(ManagementFailure) -> ManagementCredential {
        do { return try await credentials.credential(insteadOf: refused) } catch {
            throw ManagementFailure(error.code == "login_unreachable" ? .unanswered : .notSignedIn, error)
        }
    }

    /// Half of it for sure, half by chance, doubled each time.
    private func backOff(_ base: Duration, _ attempt: Int) -> Duration {
        base * (1 << (attempt - 1)) * (0.5 + rhythm.random() / 2)
    }

    private func wait(_ time: Duration) async throws(ManagementFailure) {
        guard time > .zero else { return }
        do { try await rhythm.pause(time) } catch {
            throw unanswered("was not asked any more: the command was stopped")
        }
    }

    // MARK: Answers

    private func unanswered(_ what: String) -> ManagementFailure {
        ManagementFailure(
            .unanswered,
            .error("management_unreachable", "\(host) \(what)", hint: "check region, management_url and the network"))
    }

    private func refusal(_ reply: HTTPReply, of request: String) -> ManagementFailure {
        let status = reply.answer.status
        let reason = ManagementRefusal(reply.body).reason.map { ": \($0)" } ?? ""
        func failure(_ kind: ManagementFailure.Kind, _ code: String, _ text: String, _ hint: String?)
            -> ManagementFailure
        {
            ManagementFailure(kind, .error(code, "\(host) \(text) (\(status)\(reason))", hint: hint))
        }
        return switch status {
        case 300..<400:
            failure(
                .refused, "management_redirects", "answers \(request) with a redirect, which is never followed",
                "write the final URL in management_url")
        case 401:
            failure(.notSignedIn, "login_lost", "does not accept the login", "log in again: headrace login")
        case 403:
            failure(
                .forbidden, "management_forbidden", "does not let this login do that",
                "the login needs the scope personalize:read to look and personalize:manage to create, and a role in the"
                    + " project")
        case 404:
            failure(
                .notFound, "unknown_project", "does not know project \(address.projectUID)",
                "check project_uid, region and organization: a project lives in one region")
        default: failure(.refused, "management_refused", "refused \(request)", nil)
        }
    }

    private func encode(_ body: some Encodable) throws(ManagementFailure) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(body)) } catch {
            throw ManagementFailure(.refused, .error("management_request", "the request cannot be written as JSON"))
        }
    }

    private func decode<Value: Decodable>(_ body: [UInt8]) throws(ManagementFailure) -> Value {
        do { return try JSONDecoder().decode(Value.self, from: Data(body)) } catch {
            throw ManagementFailure(
                .unanswered,
                .error(
                    "management_illegible", "\(host) answered with something that this version cannot read",
                    hint: "check management_url: something else than Contentstack may answer there"))
        }
    }
}
