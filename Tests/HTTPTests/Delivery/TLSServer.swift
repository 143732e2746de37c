import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import TestKit

/// Certificates made by `openssl` for one test: an authority and servers it vouches for.
struct TestAuthority {
    let folder: URL
    var caFile: String { folder.appending(path: "ca.pem").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "headrace-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 30 "
                + "-subj /CN=HeadraceTestAuthority")
    }

    func remove() throws { try FileManager.default.removeItem(at: folder) }

    /// A server's key and certificate for `names` (as in subjectAltName); `expired` ended in 2020.
    func issue(_ names: String, expired: Bool = false) throws -> (certificate: String, key: String) {
        try "subjectAltName=\(names)\n".write(to: folder.appending(path: "ext"), atomically: true, encoding: .utf8)
        try openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr "
                + "-subj /CN=server")
        if expired {
            try Data().write(to: folder.appending(path: "index.txt"))
            try "01\n".write(to: folder.appending(path: "serial"), atomically: true, encoding: .utf8)
            let settings =
                "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
                + "policy=p\n[p]\ncommonName=supplied\n"
            try settings.write(to: folder.appending(path: "ca.cnf"), atomically: true, encoding: .utf8)
            try openssl(
                "ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in server.csr -out server.pem -extfile ext "
                    + "-startdate 20190101000000Z -enddate 20200101000000Z -notext")
        } else {
            try openssl(
                "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 30 -extfile ext"
            )
        }
        return (folder.appending(path: "server.pem").path, folder.appending(path: "server.key").path)
    }

    private func openssl(_ arguments: String) throws {
        let running = try RunningProcess(
            program: URL(filePath: "/usr/bin/openssl"), arguments.split(separator: " ").map(String.init), in: folder,
            environment: HeadraceProcess.environment())
        guard running.finish().exit == 0 else { throw OpenSSLFailure(arguments: arguments) }
    }

    struct OpenSSLFailure: Error { let arguments: String }
}

/// Answers every request on a TLS connection with 204.
struct TLSServer {
    private let channel: any Channel
    var port: Int { channel.localAddress?.port ?? 0 }

    init(certificate: String, key: String) async throws {
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: context), Answering())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async throws { try await channel.close() }
}

/// Requests of these tests are small and come whole.
private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(
            wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 204 No Content\r\n\r\n")), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
