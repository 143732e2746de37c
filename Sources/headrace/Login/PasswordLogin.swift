import Contentstack
import Foundation
import OutboundHTTP
import SyncCore

/// Logs a person in with e-mail, password and second factor, asked for at the terminal.
struct PasswordLogin: Sendable {
    /// A code may be mistyped.
    private static let mostCodes = 3

    let place: LoginPlace
    let caller: HTTPCaller

    private var sessions: SessionClient { place.sessions(caller) }

    /// Kept when it returns.
    func login() async throws -> StoredLogin {
        guard Terminal.canAsk else {
            throw Diagnostic.error(
                "login_terminal", "e-mail and password are asked for at a terminal, and this is none",
                hint: "in CI set HEADRACE_AUTHTOKEN")
        }
        let email = try answer(to: "E-mail: ")
        let password = Secret(try hiddenAnswer(to: "Password: "))
        var code: String?
        for attempt in 0...Self.mostCodes {
            switch await begin(email, password, code) {
            case .success(.session(let token, let user)):
                let login = Self.login(token, user)
                try await place.keep(login)
                return login
            case .success(.wantsSecondFactor(let kind)):
                if kind.lowercased().contains("sms") {
                    try await sessions.requestSMS(email: email, password: password)
                    StandardStream.error.print("a code was sent by SMS")
                }
            case .failure(let finding):
                // Only a code may be said again: each wrong password brings a locked account nearer.
                guard code != nil, finding.code == "login_refused" else { throw finding }
                StandardStream.error.print(TerminalText.escaped(finding.message))
            }
            guard attempt < Self.mostCodes else { break }
            code = try hiddenAnswer(to: "Code of the second factor: ")
        }
        throw Diagnostic.error("login_refused", "no code was accepted; not logged in")
    }

    private func begin(
        _ email: String, _ password: Secret, _ code: String?
    ) async -> Result<SessionClient.Answer, Diagnostic> {
        do { return .success(try await sessions.begin(email: email, password: password, code: code)) } catch {
            return .failure(error)
        }
    }

    private static func login(_ token: Secret, _ user: RemoteUser) -> StoredLogin {
        StoredLogin(
            method: .authtoken, token: token, userUID: user.uid, email: user.email,
            organizationUID: user.organizations.count == 1 ? user.organizations[0].uid : nil, loggedInAt: Date())
    }

    private func answer(to question: String) throws(Diagnostic) -> String {
        try said(Terminal.answer(to: question))
    }

    private func hiddenAnswer(to question: String) throws(Diagnostic) -> String {
        try said(Terminal.hiddenAnswer(to: question))
    }

    private func said(_ answer: String?) throws(Diagnostic) -> String {
        guard let answer, !answer.isEmpty else { throw .error("login_answer", "nothing was said; not logged in") }
        return answer
    }
}
