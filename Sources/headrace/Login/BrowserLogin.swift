import Contentstack
import Foundation
import OutboundHTTP
import SyncCore

/// Logs a person in on Contentstack's page: OAuth with a code that only this process can redeem.
struct BrowserLogin: Sendable {
    let place: LoginPlace
    let caller: HTTPCaller
    let opensBrowser: Bool

    /// Kept when it returns.
    func login() async throws -> StoredLogin {
        let client = try place.oauth(caller)
        let state = CodeProof.randomText(bytes: 24)
        let proof = CodeProof()
        let page = client.authorizationPage(state: state, proof: proof)
        let redeem: @Sendable (String) async throws -> StoredLogin = { code in
            let login = try await login(with: try await client.tokens(for: code, proof))
            // Before the browser says so.
            try await place.keep(login)
            return login
        }
        guard opensBrowser else {
            StandardStream.error.print(
                "Open this address in a browser, log in, and paste the code, or the address that it ends at:\n\n  \(page)\n"
            )
            guard let pasted = Terminal.answer(to: "Code or address: ") else {
                throw Diagnostic.error("login_answer", "nothing was pasted; not logged in")
            }
            let answer = LoginAnswer(pasted: pasted, state: state)
            guard case .code(let code) = answer else {
                throw answer.failure ?? .error("login_answer", "what was pasted holds no code")
            }
            return try await redeem(code)
        }
        let redirectURI = place.destination.oauthApp?.redirectURI ?? OAuthAppDefinition.standardRedirectURI
        let listener = try LoginListener(redirectURI: redirectURI, state: state)
        return try await listener.wait {
            let isOpen = Browser.open(page)
            let what = isOpen ? "The browser shows Contentstack's page. If it does not, open" : "Open in a browser"
            StandardStream.error.print("\(what):\n\n  \(page)\n\nwaiting five minutes for it to come back …")
        } redeem: { code in
            try await redeem(code)
        }
    }

    private func login(with tokens: OAuthTokens) async throws -> StoredLogin {
        // Who it is is good to know, and nothing hangs on it.
        let credential = ManagementCredential(.bearer, tokens.access)
        let user = try? await place.sessions(caller).user(credential).user
        return StoredLogin(
            method: .oauth, token: tokens.access, refreshToken: tokens.refresh,
            expiresAt: Date().addingTimeInterval(TimeInterval(tokens.lifetime)),
            userUID: tokens.userUID ?? user?.uid, email: user?.email, organizationUID: tokens.organizationUID,
            loggedInAt: Date())
    }
}

extension OAuthClient {
    fileprivate func tokens(for code: String, _ proof: CodeProof) async throws -> OAuthTokens {
        do { return try await redeem(code: code, proof: proof) } catch {
            throw error.diagnostic
        }
    }
}

/// The person's browser.
private enum Browser {
    /// False where none can be opened; whether a page appears nobody says.
    static func open(_ address: String) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil || environment["BROWSER"] != nil
        else { return false }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [environment["BROWSER"] ?? "xdg-open", address]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        return true
    }
}
