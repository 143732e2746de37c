package import SyncCore

/// Where requests go: `http` or `https`, a host, a port and an optional path in front of every request's own.
package struct HTTPEndpoint: Sendable, Hashable {
    package let isSecure: Bool
    /// Lower case, an IPv6 address without its brackets.
    package let host: String
    package let port: Int
    /// Empty, or `/…` without a slash at the end.
    package let basePath: String

    /// Reads `scheme://host[:port][/path]`; credentials, a query or a fragment are refused.
    package init(_ text: String, at position: Diagnostic.Position? = nil) throws(Diagnostic) {
        guard let separator = text.firstRange(of: "://"),
            let isSecure = ["http": false, "https": true][text[..<separator.lowerBound].lowercased()]
        else { throw Self.malformed("does not start with http:// or https://", at: position) }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains(where: { "?#@\\".contains($0) })
        else {
            throw Self.malformed("holds a space, a control character, credentials, a query or a fragment", at: position)
        }
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path.removeLast() }
        guard let (host, port) = Self.hostAndPort(authority) else {
            throw Self.malformed("has no valid host and port", at: position)
        }
        self.isSecure = isSecure
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        basePath = String(path)
    }

    /// Host, with `:port` where it is not the scheme's own: what the `host` header says.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The same with the port in any case: what a proxy is asked for.
    var authorityWithPort: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// As a URL is written, without a slash at the end.
    package var text: String { "\(isSecure ? "https" : "http")://\(authority)\(basePath)" }

    /// The host is this machine itself.
    package var isLoopback: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    var isIPAddress: Bool {
        host.contains(":") || host.split(separator: ".").allSatisfy { UInt8($0) != nil }
    }

    private static func hostAndPort(_ text: Substring) -> (host: String, port: Int?)? {
        var host = text
        var portText: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":", host.contains(":"),
                host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." })
            else { return nil }
            portText = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            if let colon = text.firstIndex(of: ":") {
                host = text[..<colon]
                portText = text[text.index(after: colon)...]
            }
            guard host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }) else { return nil }
        }
        guard !host.isEmpty else { return nil }
        guard let portText else { return (host.lowercased(), nil) }
        guard let port = Int(portText), (1...65535).contains(port) else { return nil }
        return (host.lowercased(), port)
    }

    private static func malformed(_ what: String, at position: Diagnostic.Position?) -> Diagnostic {
        .error("invalid_url", "the URL \(what)", at: position, hint: "write it like https://host[:port]")
    }
}
