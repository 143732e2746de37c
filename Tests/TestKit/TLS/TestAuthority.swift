package import Foundation

/// Certificates made by `openssl` for one test: an authority and servers it vouches for.
package struct TestAuthority: Sendable {
    package let folder: URL
    package var caFile: String { folder.appending(path: "ca.pem").path }

    package init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "headrace-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 30 "
                + "-subj /CN=HeadraceTestAuthority")
    }

    /// The same in another place, where its folder is moved to.
    package func moved(to place: URL) throws -> TestAuthority {
        try FileManager.default.moveItem(at: folder, to: place)
        return TestAuthority(folder: place)
    }

    private init(folder: URL) { self.folder = folder }

    package func remove() throws { try FileManager.default.removeItem(at: folder) }

    /// A key and a certificate for `names` (as in subjectAltName), whose common name, and file name, is `owner`; `expired`
    /// ended in 2020, `notYetValid` begins in 2090.
    package func issue(
        _ names: String, expired: Bool = false, notYetValid: Bool = false, owner: String = "server"
    ) throws -> (certificate: String, key: String) {
        try "subjectAltName=\(names)\n".write(to: folder.appending(path: "ext"), atomically: true, encoding: .utf8)
        try openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(owner).key -out \(owner).csr "
                + "-subj /CN=\(owner)")
        if expired || notYetValid {
            let dates = expired ? (2019, 2020) : (2090, 2091)
            try Data().write(to: folder.appending(path: "index.txt"))
            try "01\n".write(to: folder.appending(path: "serial"), atomically: true, encoding: .utf8)
            let settings =
                "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
                + "policy=p\n[p]\ncommonName=supplied\n"
            try settings.write(to: folder.appending(path: "ca.cnf"), atomically: true, encoding: .utf8)
            try openssl(
                "ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in \(owner).csr -out \(owner).pem -extfile ext "
                    + "-startdate \(dates.0)0101000000Z -enddate \(dates.1)0101000000Z -notext")
        } else {
            try openssl(
                "x509 -req -in \(owner).csr -CA ca.pem -CAkey ca.key -CAcreateserial -out \(owner).pem -days 30 "
                    + "-extfile ext")
        }
        return (folder.appending(path: "\(owner).pem").path, folder.appending(path: "\(owner).key").path)
    }

    private func openssl(_ arguments: String) throws {
        let running = try RunningProcess(
            program: URL(filePath: "/usr/bin/openssl"), arguments.split(separator: " ").map(String.init), in: folder,
            environment: HeadraceProcess.environment())
        guard running.finish().exit == 0 else { throw OpenSSLFailure(arguments: arguments) }
    }

    struct OpenSSLFailure: Error { let arguments: String }
}
