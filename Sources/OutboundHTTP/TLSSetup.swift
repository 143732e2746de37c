import NIOSSL
import SyncCore

/// Makes TLS contexts that verify.
struct TLSSetup {
    let caFile: String?
    let position: Diagnostic.Position?

    func trustRoots() throws(Diagnostic) -> NIOSSLTrustRoots {
        guard let caFile else { return .default }
        let certificates: [NIOSSLCertificate]
        do { certificates = try NIOSSLCertificate.fromPEMFile(caFile) } catch {
            throw problem("\(caFile) cannot be read as PEM")
        }
        guard !certificates.isEmpty else { throw problem("\(caFile) holds no certificate") }
        return .certificates(certificates)
    }

    private func problem(_ what: String) -> Diagnostic {
        .error("ca_file", "`ca_file`: \(what)", at: position, hint: "ca_file names a PEM file of certificates")
    }

    /// `protocols` as in ALPN, the preferred one first.
    func context(protocols: [String], trusting roots: NIOSSLTrustRoots) throws(Diagnostic) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = protocols
        configuration.trustRoots = roots
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .error(
                "tls_setup", "TLS cannot be set up: the trusted certificates cannot be used",
                hint: caFile == nil ? "install ca-certificates" : nil)
        }
    }
}
