import Contentstack
import Foundation
import SyncCore
import Synchronization
import TestKit
import Testing

/// A login of OAuth whose access token ends at second 3600.
@Suite struct KeptLoginTests {
    /// Contentstack's token endpoint: each refresh token is good once.
    private final class Tokens: Sendable {
        private let state = Mutex((refreshes: [String](), answer: Answer.tokens))
        enum Answer { case tokens, ended, refused, away }

        init(_ answer: Answer = .tokens) { state.withLock { $0.answer = answer } }

        var refreshes: [String] { state.withLock { $0.refreshes } }

        func refresh(_ token: Secret) async throws(OAuthFailure) -> OAuthTokens {
            let (number, answer) = state.withLock { state in
                state.refreshes.append(token.reveal())
                return (state.refreshes.count, state.answer)
            }
            // Others get the chance to come with the same token.
            await Task.yield()
            switch answer {
            case .tokens:
                return OAuthTokens(
                    access: Secret("access-\(number)"), refresh: Secret("refresh-\(number)"), lifetime: 3600,
                    organizationUID: nil, userUID: nil)
            case .refused:
                throw OAuthFailure(.refused, .error("login_refused", "no token (invalid_client)"))
            case .ended:
                throw OAuthFailure(.ended, .error("login_refused", "no token (invalid_grant)"))
            case .away:
                throw OAuthFailure(.unanswered, .error("login_unreachable", "nobody answers"))
            }
        }
    }

    private struct Bench {
        let store: LoginStore
        let tokens: Tokens

        func login(at second: TimeInterval) -> KeptLogin {
            KeptLogin(
                in: store, named: "x", now: { Date(timeIntervalSince1970: second) },
                refresh: { token throws(OAuthFailure) in try await tokens.refresh(token) })
        }

        func token(at second: TimeInterval, insteadOf refused: String? = nil) async throws -> String {
            let refused = refused.map { ManagementCredential(.bearer, Secret($0)) }
            return try await login(at: second).credential(insteadOf: refused).token.reveal()
        }
    }

    private static func withBench(
        _ answer: Tokens.Answer = .tokens, method: StoredLogin.Method = .oauth,
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await withScratchFolder { folder async throws in
            let bench = Bench(store: LoginStore(folder: folder), tokens: Tokens(answer))
            let login = StoredLogin(
                method: method, token: Secret("access-0"), refreshToken: method == .oauth ? Secret("refresh-0") : nil,
                expiresAt: method == .oauth ? Date(timeIntervalSince1970: 3600) : nil, organizationUID: "o",
                loggedInAt: Date(timeIntervalSince1970: 0))
            try bench.store.keep(login, as: "x")
            try await body(bench)
        }
    }

    @Test func fiveMinutesBeforeItsEndATokenIsRenewed() async throws {
        try await Self.withBench { (bench) async throws in
            #expect(try await bench.token(at: 3299) == "access-0")
            #expect(bench.tokens.refreshes == [])
            #expect(try await bench.token(at: 3300) == "access-1")
            #expect(try await bench.token(at: 3301) == "access-1")
            #expect(try await bench.token(at: 3300 + 3600) == "access-2")
            // The one that came with the first renewal.
            #expect(bench.tokens.refreshes == ["refresh-0", "refresh-1"])
            let kept = try #require(try bench.store.login(named: "x"))
            #expect(kept.organizationUID == "o" && kept.refreshToken == "refresh-2")
        }
    }

    @Test func oneThatIsRefusedIsRenewedBeforeItsEnd() async throws {
        try await Self.withBench { (bench) async throws in
            #expect(try await bench.token(at: 10, insteadOf: "access-0") == "access-1")
            // What another process has renewed since is taken as it is.
            #expect(try await bench.token(at: 10, insteadOf: "access-0") == "access-1")
            #expect(bench.tokens.refreshes == ["refresh-0"])
        }
    }

    @Test func manyCallersOfOneLoginRenewOnce() async throws {
        try await Self.withBench { (bench) async throws in
            let login = bench.login(at: 4000)
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await login.credential(insteadOf: nil).token.reveal() } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(tokens == ["access-1"])
            #expect(bench.tokens.refreshes == ["refresh-0"])
        }
    }

    /// As two processes would: the lock of the file is between them.
    @Test func manyLoginsOfOneFileRenewOnce() async throws {
        try await Self.withBench { (bench) async throws in
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<5 { group.addTask { try await bench.token(at: 4000) } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(tokens == ["access-1"])
            #expect(bench.tokens.refreshes == ["refresh-0"])
        }
    }

    @Test func oneThatIsEndedIsLostForGood() async throws {
        try await Self.withBench(.ended) { (bench) async throws in
            for _ in 0..<3 {
                let failure = await #expect(throws: Diagnostic.self) { try await bench.token(at: 4000) }
                #expect(failure?.code == "login_lost")
                #expect(failure?.message == "the login is lost: no token (invalid_grant)")
                #expect(failure?.hint == "log in again: headrace login")
            }
            // Asked once, and never again.
            #expect(bench.tokens.refreshes == ["refresh-0"])
        }
    }

    /// A wrong client secret says nothing of the refresh token.
    @Test func aRequestThatIsRefusedLosesNothing() async throws {
        try await Self.withBench(.refused) { (bench) async throws in
            let failure = await #expect(throws: Diagnostic.self) { try await bench.token(at: 4000) }
            #expect(failure?.code == "login_refused")
            #expect(try bench.store.login(named: "x")?.lost == nil)
        }
    }

    @Test func whereNobodyAnswersATokenThatIsStillGoodIsUsed() async throws {
        try await Self.withBench(.away) { (bench) async throws in
            #expect(try await bench.token(at: 3599) == "access-0")
            let failure = await #expect(throws: Diagnostic.self) { try await bench.token(at: 3600) }
            #expect(failure?.code == "login_unreachable")
            // One that was just refused is no answer either.
            let refused = await #expect(throws: Diagnostic.self) {
                try await bench.token(at: 10, insteadOf: "access-0")
            }
            #expect(refused?.code == "login_unreachable")
            // It is no loss: the next one may be answered.
            #expect(try bench.store.login(named: "x")?.lost == nil)
        }
    }

    /// A refresh token that is used up must not be the only one that is kept.
    @Test func whereNothingCanBeWrittenNobodyIsAsked() async throws {
        try await Self.withBench { (bench) async throws in
            let folder = URL(filePath: bench.store.path).deletingLastPathComponent()
            // Even for root a folder in the way is no file.
            let draft = bench.store.path + ".\(ProcessInfo.processInfo.processIdentifier)"
            try FileManager.default.createDirectory(atPath: draft + "/full", withIntermediateDirectories: true)
            let failure = await #expect(throws: Diagnostic.self) { try await bench.token(at: 4000) }
            #expect(failure?.code == "logins_unwritable")
            #expect(bench.tokens.refreshes == [])
            try FileManager.default.removeItem(atPath: draft)
            #expect(try await bench.token(at: 4000) == "access-1")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
                    == ["logins.json", "logins.lock"])
        }
    }

    @Test func anAuthtokenIsNeverRenewed() async throws {
        try await Self.withBench(method: .authtoken) { (bench) async throws in
            let login = bench.login(at: 1_000_000)
            let credential = try await login.credential(insteadOf: nil)
            #expect(credential == ManagementCredential(.authtoken, Secret("access-0")))
            let failure = await #expect(throws: Diagnostic.self) { try await login.credential(insteadOf: credential) }
            #expect(failure?.code == "login_lost")
            // It may have been an odd answer: what only its owner can replace is kept.
            #expect(try await login.credential(insteadOf: nil) == credential)
            #expect(bench.tokens.refreshes == [])
        }
    }

    @Test func withoutALoginItSaysSo() async throws {
        try await Self.withBench { (bench) async throws in
            try bench.store.keep(nil, as: "x")
            let failure = await #expect(throws: Diagnostic.self) { try await bench.token(at: 0) }
            #expect(failure?.code == "not_logged_in")
        }
    }
}
