import SyncCore

/// `HOST:PORT`, `:PORT` (loopback) or `[IPv6]:PORT`.
struct ListenAddress: Equatable, Sendable {
    var host: String
    /// 0 takes any free port.
    var port: Int

    init(host: String, port: Int) { (self.host, self.port) = (host, port) }

    init(_ text: String) throws(Diagnostic) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw .error("bad_address", "\(text) is no address", hint: "write HOST:PORT, as in 127.0.0.1:8787")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw .error("bad_address", "\(text) is no address", hint: "write an IPv6 address as [::1]:8787")
        }
        self.init(host: host.isEmpty ? "127.0.0.1" : host, port: Int(port))
    }

    var url: String { "http://" + (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}
