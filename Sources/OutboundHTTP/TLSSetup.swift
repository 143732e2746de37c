import Foundation
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
            throw problem("\(caFile) \(Self.fault(of: caFile))")
        }
        guard !certificates.isEmpty else { throw problem("\(caFile) holds no certificate") }
        return .certificates(certificates)
    }

    /// Of a file that is no PEM of certificates.
    private static func fault(of path: String) -> String {
        guard let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType else {
            return "does not exist"
        }
        if kind == .typeDirectory { return "is a folder" }
        guard FileManager.default.isReadableFile(atPath: path) else { return "may not be read by this user" }
        return "cannot be read as PEM"
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
