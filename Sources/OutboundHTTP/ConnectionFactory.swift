import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import SyncCore

/// Opens verified connections to one endpoint.
package struct ConnectionFactory: Sendable {
    package let endpoint: HTTPEndpoint
    /// For one whole request: connection, write and answer.
    package let timeout: Duration
    private let tls: NIOSSLContext?

    /// `caFile` (PEM) replaces the system's trust roots; nil keeps them. Throws where it cannot be read.
    package init(endpoint: HTTPEndpoint, timeout: Duration = .seconds(10), caFile: String? = nil) throws(Diagnostic) {
        self.endpoint = endpoint
        self.timeout = timeout
        guard endpoint.isSecure else {
            tls = nil
            return
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let caFile { configuration.trustRoots = .file(caFile) }
        do {
            tls = try NIOSSLContext(configuration: configuration)
        } catch {
            throw .error(
                "tls_setup", "the trusted certificates\(caFile.map { " of \($0)" } ?? "") cannot be read",
                hint: caFile == nil ? "install ca-certificates" : "ca_file names a PEM file of certificates")
        }
    }

    /// False for a write that has waited so long for its connection that it must not leave any more: this process may
    /// have been stopped meanwhile, and another have sent the user something newer.
    func isInTime(_ startedAt: ContinuousClock.Instant) -> Bool {
        startedAt.duration(to: .now) < min(timeout, Self.longestConnecting)
    }

    private static let longestConnecting = Duration.seconds(10)

    /// Connects on `loop`; `makeHandler` gives the channel its last handler, `bytes` stands before the decoder. It is
    /// called more than once where a name has several addresses: only the winner's channel comes back.
    func connect(
        on loop: any EventLoop, makeHandler: @escaping @Sendable (_ bytes: RequestBytes) -> any ChannelHandler
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(timeout.wholeNanoseconds))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            // An answer comes in one piece: a second read would only learn that there is no more.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    var belowTLS: SocketEnd?
                    if let tls {
                        let end = SocketEnd()
                        belowTLS = end
                        try pipeline.addHandler(end)
                        let name = endpoint.isIPAddress ? nil : endpoint.host
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    let bytes = RequestBytes(belowTLS: belowTLS)
                    try pipeline.addHandler(bytes)
                    let decoder = HTTPResponseDecoder(limitConfiguration: AnswerLimits.decoder)
                    try pipeline.addHandler(ByteToMessageHandler(decoder))
                    try pipeline.addHandler(makeHandler(bytes))
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
    }
}

extension Duration {
    /// Cut at the range of Int64.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000
    }
}
