import CLibPQ
import Foundation

/// What a connection is made with: the user's URI or DSN, and our defaults where neither it, nor PG* variables, nor a
/// service file decides. The user's own values never leave this type in an error.
struct PGParameters {
    /// In order: later ones win, `dbname` (the whole URI or DSN) among them.
    private(set) var pairs: [(key: String, value: String)] = []
    /// Where it goes, in words for messages.
    let target: String

    private static let systemBundle = "/etc/ssl/certs/ca-certificates.crt"

    /// Throws a sentence on what is wrong with `url`, without quoting it.
    init(url: String, environment: [String: String]) throws(PGParametersProblem) {
        guard let written = Self.parse(url) else { throw .notAnAddress }
        let effective = Self.effective(url)
        let hosts = Self.hosts(effective)
        // libpq ends user and password at the first @ or /, so the rest of a password would be taken, and shown, as a
        // host, a port or a database.
        guard !hosts.contains(where: { $0.contains("@") && !$0.hasPrefix("@") }), !Self.hasPathWithAt(url) else {
            throw .passwordNotEncoded
        }
        target = Self.describe(effective, hosts: hosts)

        func fallback(_ key: String, _ value: String) {
            if effective[key, default: ""].isEmpty { pairs.append((key, value)) }
        }
        fallback("fallback_application_name", "headrace")
        fallback("connect_timeout", "10")
        fallback("keepalives_idle", "30")
        fallback("keepalives_interval", "10")
        fallback("keepalives_count", "3")

        let mode = effective["sslmode", default: ""]
        // `prefer` is what libpq fills in when nobody said anything. A service file that says `prefer` cannot be told
        // from that, and is read as silence: the safe side.
        let isDecided = written["sslmode"] != nil || environment["PGSSLMODE"]?.isEmpty == false || mode != "prefer"
        let isLocal = hosts.allSatisfy(Self.isLocal)
        if !isDecided, !isLocal { pairs.append(("sslmode", "verify-full")) }
        let verifies = isDecided ? mode.hasPrefix("verify-") : !isLocal
        let ownRoot = environment["HOME"].map { "\($0)/.postgresql/root.crt" }
        if verifies, !FileManager.default.fileExists(atPath: ownRoot ?? ""),
            FileManager.default.fileExists(atPath: Self.systemBundle)
        {
            fallback("sslrootcert", Self.systemBundle)
        }
        pairs.append(("dbname", url))
        pairs.append(("client_encoding", "UTF8"))
    }

    /// Lends keywords and values as libpq wants them: two arrays that end with null.
    func withArrays<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        var keys: [UnsafePointer<CChar>?] = pairs.map { UnsafePointer(strdup($0.key)) }
        var values: [UnsafePointer<CChar>?] = pairs.map { UnsafePointer(strdup($0.value)) }
        defer { for copy in keys + values { free(UnsafeMutablePointer(mutating: copy)) } }
        keys.append(nil)
        values.append(nil)
        return body(keys, values)
    }

    // MARK: - Asking libpq

    /// The options written in the URI or DSN itself; nil when it is neither.
    private static func parse(_ url: String) -> [String: String]? {
        var message: UnsafeMutablePointer<CChar>?
        // The message may quote the password, so it is dropped.
        defer { PQfreemem(message) }
        guard let options = PQconninfoParse(url, &message) else { return nil }
        return dictionary(options)
    }

    /// What libpq would connect with: URI or DSN, PG* variables, service file and its own defaults together.
    private static func effective(_ url: String) -> [String: String] {
        // The last option is no valid one: libpq resolves all others and gives up before it opens a socket.
        var probe = PGParameters()
        probe.pairs = [("dbname", url), ("target_session_attrs", "none of the valid ones")]
        let connection = probe.withArrays { PQconnectStartParams($0, $1, 1) }
        defer { PQfinish(connection) }
        return PQconninfo(connection).map(dictionary) ?? [:]
    }

    private init() { target = "" }

    private static func dictionary(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return values
    }

    // MARK: - Hosts

    /// An @ behind the first / of a URI and before its parameters: a password's, since a database's would be encoded.
    private static func hasPathWithAt(_ url: String) -> Bool {
        guard ["postgresql://", "postgres://"].contains(where: url.hasPrefix), let scheme = url.range(of: "://"),
            let path = url[scheme.upperBound...].firstIndex(of: "/")
        else { return false }
        return url[path...].prefix { $0 != "?" }.contains("@")
    }

    /// Every host that may be tried; an empty one is the default unix socket.
    private static func hosts(_ options: [String: String]) -> [String] {
        let names = options["host", default: ""].split(separator: ",", omittingEmptySubsequences: false).map(
            String.init)
        let addresses = options["hostaddr", default: ""]
        if addresses.isEmpty { return names }
        return addresses.split(separator: ",", omittingEmptySubsequences: false).enumerated().map { index, address in
            address.isEmpty && index < names.count ? names[index] : String(address)
        }
    }

    private static func isLocal(_ host: String) -> Bool {
        host.isEmpty || host.hasPrefix("/") || host.hasPrefix("@") || host.lowercased() == "localhost" || host == "::1"
            || isLoopbackAddress(host)
    }

    private static func isLoopbackAddress(_ host: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
    }

    private static func describe(_ options: [String: String], hosts: [String]) -> String {
        let places = hosts.map { $0.isEmpty ? "the local socket" : $0 }.joined(separator: ",")
        let port = options["port", default: "5432"]
        let user = options["user", default: ""]
        let database = options["dbname", default: ""].isEmpty ? user : options["dbname", default: ""]
        return "host \(places), port \(port), database \"\(database)\", user \"\(user)\""
    }
}

/// What is wrong with the address of a source, without its text.
enum PGParametersProblem: Error { case notAnAddress, passwordNotEncoded }
