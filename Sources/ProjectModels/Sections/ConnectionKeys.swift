import Foundation
import SyncCore

/// The keys of a destination that say how it is connected to.
struct ConnectionKeys {
    let directory: String
    let findings: Findings

    func read(_ settings: Settings, into destination: inout DestinationDefinition) {
        destination.timeout = settings.duration("timeout") ?? destination.timeout
        destination.caFile = settings.text("ca_file").map { ProjectPaths.absolute($0, in: directory) }
        destination.caFilePosition = settings.position(of: "ca_file")
        if settings.text("ca_file") == "" {
            findings.error("invalid_value", "`ca_file`: must not be empty", at: destination.caFilePosition)
        }
        destination.proxy = proxy(settings)
        destination.http = version(settings, edgeURL: destination.edgeURL)
    }

    private func version(_ settings: Settings, edgeURL: String?) -> DestinationDefinition.HTTPVersion {
        // Less than 1 is reported with the shape.
        guard let written = settings.integer("http"), written >= 1 else { return .one }
        guard let version = DestinationDefinition.HTTPVersion(rawValue: written) else {
            findings.error("invalid_value", "`http`: must be 1 or 2", at: settings.position(of: "http"))
            return .one
        }
        if version == .two, edgeURL?.lowercased().hasPrefix("http:") == true {
            findings.error(
                "http_without_tls", "`http`: HTTP/2 is agreed upon in the TLS handshake, and `edge_url` is http://",
                at: settings.position(of: "http"), hint: "write https:// in edge_url, or leave http out")
        }
        return version
    }

    /// Says what is wrong without a word of what is written: a password may be part of it.
    private func proxy(_ settings: Settings) -> ProxyDefinition? {
        guard let text = settings.secret("proxy")?.reveal(), ScalarCheck.isHTTPURL(text) else { return nil }
        func refuse(_ problem: String) -> ProxyDefinition? {
            findings.error(
                "invalid_value", "`proxy`: \(problem)", at: settings.position(of: "proxy"),
                hint: "write http://host:port or http://user:password@host:port, what is special in it as %XX")
            return nil
        }
        guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "http" else {
            return refuse("must start with http://: the proxy itself is spoken to in plain text")
        }
        guard ["", "/"].contains(parts.path), parts.query == nil, parts.fragment == nil, let host = parts.host,
            isHost(host)
        else { return refuse("must hold a host and a port, and no path") }
        guard let port = parts.port else { return refuse("must name the proxy's port") }
        guard (1...65_535).contains(port) else { return refuse("a port is a number from 1 to 65535") }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        guard let user = parts.user else { return ProxyDefinition(host: bare, port: port) }
        guard !user.contains(":"), let password = parts.password else {
            return refuse("credentials are user:password: no colon in the user, and an @ in either written as %40")
        }
        return ProxyDefinition(host: bare, port: port, credentials: Secret("\(user):\(password)"))
    }

    private func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"/@?#%\\".utf8.contains($0) }
    }
}
