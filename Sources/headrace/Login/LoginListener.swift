import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import SyncCore
import Synchronization

/// Waits on this machine for the browser to come back from Contentstack. One answer counts; who comes later is told so.
struct LoginListener: Sendable {
    /// How long a person may take.
    static let patience = Duration.seconds(300)

    private let host: String
    private let port: Int
    private let path: String
    private let state: String

    /// `redirectURI` is one of this machine, with a port.
    init(redirectURI: String, state: String) throws(Diagnostic) {
        guard let parts = URLComponents(string: redirectURI), let host = parts.host, let port = parts.port else {
            throw .error("login_redirect", "\(redirectURI) is no address of this machine")
        }
        self.host = host
        self.port = port
        path = parts.path.isEmpty ? "/" : parts.path
        self.state = state
    }

    /// `onReady` is called once the browser may come; `redeem` says why a code will not do, and what it returns is shown
    /// in the browser. Throws what ended the wait: `login_port`, `login_timeout`, an answer's own failure.
    func wait<Login: Sendable>(
        patience: Duration = patience, onReady: @escaping @Sendable () async -> Void,
        redeem: @escaping @Sendable (_ code: String) async throws -> Login
    ) async throws -> Login {
        let (results, continuation) = AsyncStream.makeStream(of: Result<Login, any Error>.self)
        let responder = Responder(host: host, port: port, path: path, state: state) { code in
            do {
                let login = try await redeem(code)
                continuation.yield(.success(login))
                return nil
            } catch {
                continuation.yield(.failure(error))
                return CommandFailure(error).findings.first?.message ?? "the login failed"
            }
        } onFailure: { failure in
            continuation.yield(.failure(failure))
        }
        var logger = Logger(label: "headrace.login") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in await onReady() }, logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: application)], gracefulShutdownSignals: [], logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.longestFarewell
        let services = ServiceGroup(configuration: configuration)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await services.run() } catch  where !Task.isCancelled {
                    continuation.yield(.failure(Self.portTaken(port)))
                }
            }
            let result = await Self.first(of: results, within: patience) { responder.isOver.isTaken }
            // The browser gets its page before the door closes.
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            guard let result else { throw CancellationError() }
            return try result.get()
        }
    }

    private static let longestRedeeming = Duration.seconds(90)

    /// For the browser to take its page.
    private static let longestFarewell = Duration.seconds(2)

    private static func first<Login: Sendable>(
        of results: AsyncStream<Result<Login, any Error>>, within patience: Duration,
        isAnswered: @escaping @Sendable () -> Bool
    ) async -> Result<Login, any Error>? {
        await withTaskGroup(of: Result<Login, any Error>?.self) { group in
            group.addTask { await results.first { _ in true } }
            group.addTask {
                guard (try? await Task.sleep(for: patience)) != nil else { return nil }
                // A code that came in time is redeemed, or not, within the timeout of that.
                if isAnswered(), (try? await Task.sleep(for: Self.longestRedeeming)) == nil { return nil }
                return .failure(
                    Diagnostic.error(
                        "login_timeout",
                        "nobody came back from the browser within \(patience.components.seconds / 60) minutes",
                        hint: "headrace login starts another"))
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private static func portTaken(_ port: Int) -> Diagnostic {
        .error(
            "login_port", "nobody can wait for the browser on port \(port): it is taken, or not this user's to take",
            hint:
                "end what listens there, set auth.redirect_uri to another port that the app is registered with, or use"
                + " --no-browser")
    }
}

/// Answers the browser.
private struct Responder: HTTPResponder {
    typealias Context = BasicRequestContext

    let host: String
    let port: Int
    let path: String
    let state: String
    let onCode: @Sendable (String) async -> String?
    let onFailure: @Sendable (Diagnostic) -> Void
    let isOver = OneUse()

    init(
        host: String, port: Int, path: String, state: String,
        onCode: @escaping @Sendable (String) async -> String?, onFailure: @escaping @Sendable (Diagnostic) -> Void
    ) {
        (self.host, self.port, self.path, self.state) = (host, port, path, state)
        (self.onCode, self.onFailure) = (onCode, onFailure)
    }

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        // Whoever resolves another name to this machine is not the browser that was sent here.
        let hosts = ["localhost:\(port)", "127.0.0.1:\(port)"]
        guard let authority = request.head.authority, hosts.contains(authority.lowercased()) else {
            return LoginPage.response(.badRequest, "This is not the address of a login.")
        }
        guard request.method == .get, request.uri.path == path else {
            return LoginPage.response(.notFound, "There is nothing here.")
        }
        let answer = LoginAnswer(query: request.uri.query ?? "", state: state)
        // A browser asks for more than it was sent for: icons, the page once more.
        guard answer != .illegible else { return LoginPage.response(.badRequest, "There is no code in this address.") }
        guard isOver.take() else {
            return LoginPage.response(
                .gone, "This login is over. Its code was used once, and is good for nothing more.")
        }
        guard case .code(let code) = answer else {
            let failure = answer.failure ?? .error("login_answer", "what came back holds no code")
            onFailure(failure)
            return LoginPage.response(.badRequest, "Not logged in: \(failure.message).")
        }
        if let failure = await onCode(code) {
            return LoginPage.response(.badGateway, "Not logged in: \(failure).")
        }
        return LoginPage.response(.ok, "Logged in. You can close this page and go back to the terminal.")
    }
}

private final class OneUse: Sendable {
    private let flag = Atomic(false)
    var isTaken: Bool { flag.load(ordering: .acquiring) }
    func take() -> Bool { !flag.exchange(true, ordering: .acquiringAndReleasing) }
}

/// A page of one sentence.
private enum LoginPage {
    static func response(_ status: HTTPResponse.Status, _ sentence: String) -> Response {
        let text = sentence.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        let page = """
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Headrace</title>
            <meta name="viewport" content="width=device-width"><h1>Headrace</h1><p id="result">\(text)</p></html>
            """
        var headers = HTTPFields()
        headers[.contentType] = "text/html; charset=utf-8"
        headers[.cacheControl] = "no-store"
        headers[.connection] = "close"
        if let policy = HTTPField.Name("content-security-policy") { headers[policy] = "default-src 'none'" }
        if let referrer = HTTPField.Name("referrer-policy") { headers[referrer] = "no-referrer" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
    }
}
