import Synchronization

/// The authtokens of sign-ins with a password. They do not expire, but a user's oldest goes when there are too many.
final class SessionStore: Sendable {
    private static let maximumPerUser = 20

    private struct State {
        /// The account's uid, nil once the token has ended.
        var accounts: [String: String?] = [:]
        /// Oldest first, by account.
        var open: [String: [String]] = [:]
    }

    private let state = Mutex(State())

    func start(for account: String) -> String {
        let token = RandomToken.make()
        state.withLock { state in
            state.accounts[token] = account
            var open = state.open[account, default: []] + [token]
            if open.count > Self.maximumPerUser { state.accounts[open.removeFirst()] = .some(nil) }
            state.open[account] = open
        }
        return token
    }

    /// False for a token that is not open.
    func end(_ token: String) -> Bool {
        state.withLock { state in
            guard let account = state.accounts[token] ?? nil else { return false }
            state.accounts[token] = .some(nil)
            state.open[account]?.removeAll { $0 == token }
            return true
        }
    }

    func standing(of token: String) -> TokenStanding<String> {
        state.withLock { state in
            guard let known = state.accounts[token] else { return .unknown }
            return known.map { .open($0) } ?? .ended
        }
    }

    func removeAll() { state.withLock { $0 = State() } }
}

/// What a simulator knows of a token.
enum TokenStanding<Bearer> {
    case open(Bearer)
    /// Issued here, and no longer good.
    case ended
    /// Never issued here.
    case unknown
}

enum RandomToken {
    /// 256 bits in hexadecimal digits.
    static func make() -> String {
        (0..<4).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
