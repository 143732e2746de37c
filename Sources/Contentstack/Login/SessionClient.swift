import Foundation
package import OutboundHTTP
package import SyncCore

/// Who somebody is, as Contentstack tells them.
package struct RemoteUser: Sendable, Hashable, Decodable {
    package struct Organization: Sendable, Hashable, Decodable {
        package var uid: String
        package var name: String

        package init(uid: String, name: String) { (self.uid, self.name) = (uid, name) }
    }

    package var uid: String
    package var email: String
    package var organizations: [Organization]

    private enum Key: String, CodingKey { case uid, email, organizations }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        uid = try container.decode(String.self, forKey: .uid)
        email = try container.decodeIfPresent(String.self, forKey: .email) ?? uid
        organizations = (try? container.decodeIfPresent([Organization].self, forKey: .organizations)) ?? []
    }
}

/// Logs people in with e-mail and password (contentstack.md 5). A session does not end by time, and of more than 20 the
/// oldest ends in silence, so that one is begun once and kept.
package struct SessionClient: Sendable {
    package enum Answer: Sendable {
        case session(token: Secret, RemoteUser)
        /// A code of an app, or one that comes by SMS once `requestSMS` was called.
        case wantsSecondFactor(kind: String)
    }

    private let caller: HTTPCaller
    private let endpoint: HTTPEndpoint
    private let userAgent: String

    package init(_ caller: HTTPCaller, hosts: LoginHosts, userAgent: String) {
        self.caller = caller
        endpoint = hosts.contentManagement
        self.userAgent = userAgent
    }

    /// Throws `login_refused` where e-mail, password or code is wrong, `login_unreachable` where nobody answers.
    package func begin(email: String, password: Secret, code: String?) async throws(Diagnostic) -> Answer {
        let reply = try await post("/v3/user-session", Self.person(email, password, code))
        let refusal = ManagementRefusal(reply.body)
        if refusal.code == 294, code == nil {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let answer = try? decoder.decode(SecondFactor.self, from: Data(reply.body))
            return .wantsSecondFactor(kind: answer?.tfaType ?? answer?.details?.tfaType ?? "")
        }
        guard reply.answer.status == 200 else { throw refused(reply, refusal) }
        guard let answer = try? JSONDecoder().decode(SessionAnswer.self, from: Data(reply.body)) else {
            throw unreachable("answered with something that is no session")
        }
        return .session(token: Secret(answer.token), answer.user)
    }

    /// Has the second factor sent by SMS.
    package func requestSMS(email: String, password: Secret) async throws(Diagnostic) {
        let reply = try await post("/v3/user/request_token_sms", Self.person(email, password, nil))
        guard reply.answer.status == 200 else { throw refused(reply, ManagementRefusal(reply.body)) }
    }

    /// Ends the session.
    package func end(_ token: Secret) async throws(Diagnostic) {
        let reply = try await send(
            HTTPCall(
                method: "DELETE", path: "/v3/user-session",
                headers: [(name: "authtoken", value: token.reveal()), (name: "user-agent", value: userAgent)]))
        guard (200..<300).contains(reply.answer.status) else { throw refused(reply, ManagementRefusal(reply.body)) }
    }

    package enum UserAnswer: Sendable {
        case user(RemoteUser)
        /// The credential is not accepted.
        case refused
        /// Contentstack does not say: the credential may not reach so far, or something is out of order.
        case unknown

        package var user: RemoteUser? { if case .user(let user) = self { user } else { nil } }
    }

    /// Whose credential it is.
    package func user(_ credential: ManagementCredential) async throws(Diagnostic) -> UserAnswer {
        let reply = try await send(
            HTTPCall(
                path: "/v3/user?include_orgs_roles=true",
                headers: [credential.header, (name: "user-agent", value: userAgent)]))
        if reply.answer.status == 401 { return .refused }
        guard reply.answer.status == 200,
            let user = try? JSONDecoder().decode([String: RemoteUser].self, from: Data(reply.body))["user"]
        else { return .unknown }
        return .user(user)
    }

    private struct SecondFactor: Decodable {
        struct Details: Decodable { var tfaType: String? }
        var tfaType: String?
        var details: Details?
    }

    private struct SessionAnswer: Decodable {
        struct Token: Decodable { var authtoken: String }
        var token: String
        var user: RemoteUser
        private enum Key: String, CodingKey { case user }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            token = try container.decode(Token.self, forKey: .user).authtoken
            user = try container.decode(RemoteUser.self, forKey: .user)
        }
    }

    private static func person(_ email: String, _ password: Secret, _ code: String?) -> [String: [String: String]] {
        var fields = ["email": email, "password": password.reveal()]
        if let code { fields["tfa_token"] = code }
        return ["user": fields]
    }

    private func post(_ path: String, _ body: [String: [String: String]]) async throws(Diagnostic) -> HTTPReply {
        let bytes = (try? JSONEncoder().encode(body)).map { Array($0) } ?? []
        return try await send(
            HTTPCall(
                method: "POST", path: path,
                headers: [
                    (name: "content-type", value: "application/json"), (name: "user-agent", value: userAgent),
                ], body: bytes))
    }

    private func send(_ call: HTTPCall) async throws(Diagnostic) -> HTTPReply {
        do { return try await caller.send(call, to: endpoint) } catch {
            throw unreachable("gave no complete answer: \(error.reason)")
        }
    }

    private func unreachable(_ what: String) -> Diagnostic {
        .error("login_unreachable", "\(endpoint.authority) \(what)", hint: "check region and the network")
    }

    private func refused(_ reply: HTTPReply, _ refusal: ManagementRefusal) -> Diagnostic {
        guard (400..<500).contains(reply.answer.status) else { return unreachable("answered \(reply.answer.status)") }
        let reason = refusal.reason ?? "\(reply.answer.status)"
        return .error(
            "login_refused", "\(endpoint.authority) does not accept that: \(reason)",
            hint: "people who log in by single sign-on have no password here: use auth: {method: oauth}")
    }
}
