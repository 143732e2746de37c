import CLibPQ
import Foundation

/// What a connection is made with: the user's URI or DSN, and our defaults where neither it, nor PG* variables, nor a
/// service file decides. The user's own values never leave this type in an error.
struct PGParameters {
    /// In order: later ones win, `dbname` (the whole URI or DSN) among them.
    private(set) var pairs: [(key: String, value: String)] = []
    /// Where it goes, in words for messages.
    private(set) var target = ""
    /// Which rows it finds there depends on these alone; no secret is among them.
    private(set) var identity = ""
    /// How long each address of each host may take; nil: for ever.
    private(set) var connectTimeout: Duration?
    /// Every host that may be tried, in order; empty when libpq will not read the lists as such.
    private var places: [PGPlace] = []

    private static let identifying = ["host", "hostaddr", "port", "dbname", "user", "options"]
    private static let systemBundle = "/etc/ssl/certs/ca-certificates.crt"

    /// Throws a sentence on what is wrong with `url`, without quoting it.
    init(url: String, environment: [String: String]) throws(PGParametersProblem) {
        guard let written = Self.parse(url) else { throw .notAnAddress }
        let effective = Self.effective(url)
        let hosts = Self.hosts(effective)
        // libpq ends user and password at the first @ or /, so the rest of a password would be taken, and shown, as a
        // host, a port or a database.
        guard !hosts.contains(where: { $0.contains("@") && !$0.hasPrefix("@") }), !Self.hasStrayAt(url),
            !Self.isURI(url) || Self.hasPortsOfDigits(written)
        else {
            throw .passwordNotEncoded
        }
        places = Self.places(effective)
        identity = Self.identifying.map { "\($0)=\(effective[$0, default: ""])" }.joined(separator: "\n")

        func fallback(_ key: String, _ value: String) {
            if effective[key, default: ""].isEmpty { pairs.append((key, value)) }
        }
        fallback("fallback_application_name", "headrace")
        fallback("connect_timeout", "10")
        connectTimeout = Self.timeout(effective["connect_timeout", default: ""])
        fallback("keepalives_idle", "30")
        fallback("keepalives_interval", "10")
        fallback("keepalives_count", "3")

        // `prefer` is what libpq fills in when nobody said anything. A service file that says `prefer` cannot be told
        // from that, and is read as silence: the safe side.
        let isDecided =
            written["sslmode"] != nil || environment["PGSSLMODE"]?.isEmpty == false || effective["sslmode"] != "prefer"
        if !isDecided, !hosts.allSatisfy(Self.isLocal) { pairs.append(("sslmode", "verify-full")) }
        target = Self.describe(effective, hosts: hosts) + verification(effective, environment)
        pairs.append(("dbname", url))
        pairs.append(("client_encoding", "UTF8"))
    }

    /// Sees to it that a server's certificate is held against something; says in words against what.
    private mutating func verification(_ effective: [String: String], _ environment: [String: String]) -> String {
        let mode = pairs.first { $0.key == "sslmode" }?.value ?? effective["sslmode", default: ""]
        guard mode.hasPrefix("verify-") else { return "" }
        let ownRoot = environment["HOME"].map { "\($0)/.postgresql/root.crt" } ?? ""
        var root = effective["sslrootcert", default: ""]
        if root.isEmpty {
            let files = FileManager.default
            root = ownRoot
            if !files.fileExists(atPath: ownRoot), files.fileExists(atPath: Self.systemBundle) {
                root = Self.systemBundle
                pairs.append(("sslrootcert", root))
            }
        }
        return ", sslmode \(mode) with \(root)"
    }

    /// The same without one of the hosts; nil when it is the only one.
    func without(_ place: PGPlace) -> PGParameters? {
        let index = places.firstIndex {
            ($0.host.isEmpty ? $0.address : $0.host) == place.host && ($0.port.isEmpty || $0.port == place.port)
        }
        guard let index, places.count > 1 else { return nil }
        var rest = self
        rest.places.remove(at: index)
        for (key, part) in [("host", \PGPlace.host), ("hostaddr", \.address), ("port", \.port)] {
            rest.pairs.append((key, rest.places.map { $0[keyPath: part] }.joined(separator: ",")))
        }
        return rest
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

    private init() {}

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

    private static func isURI(_ url: String) -> Bool {
        ["postgresql://", "postgres://"].contains(where: url.hasPrefix)
    }

    /// An @ behind the first / of a URI and before its parameters is a password's, since a database's would be encoded;
    /// so is a second one before that.
    private static func hasStrayAt(_ url: String) -> Bool {
        guard isURI(url), let scheme = url.range(of: "://") else { return false }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        return authority.count { $0 == "@" } > 1
            || rest[authority.endIndex...].prefix { $0 != "?" }.contains("@")
    }

    /// What stands behind a host's colon may be the rest of a password.
    private static func hasPortsOfDigits(_ written: [String: String]) -> Bool {
        written["port", default: ""].split(separator: ",").allSatisfy {
            $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
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

    private static func places(_ options: [String: String]) -> [PGPlace] {
        func list(_ key: String) -> [String] {
            options[key, default: ""].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        let count = max(names.count, addresses.count)
        let isReadable =
            (names == [""] || names.count == count) && (addresses == [""] || addresses.count == count)
            && (ports.count == 1 || ports.count == count)
        guard isReadable else { return [] }
        return (0..<count).map {
            PGPlace(
                host: names.count == count ? names[$0] : "", address: addresses.count == count ? addresses[$0] : "",
                port: ports.count == count ? ports[$0] : ports[0])
        }
    }

    /// As libpq reads the option: nothing is ours to decide, 0 and less is for ever, and 1 s is too short for it.
    private static func timeout(_ text: String) -> Duration? {
        guard !text.isEmpty else { return .seconds(10) }
        guard let seconds = Int(text.trimmingCharacters(in: .whitespaces)), seconds > 0 else { return nil }
        return .seconds(max(2, seconds))
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
