package import NIOCore
import NIOHTTP1
package import NIOPosix
import NIOSSL
package import SyncCore

/// How a destination is connected to.
package struct ConnectionOptions: Sendable {
    /// For one whole request: connection, write and answer.
    package var timeout: Duration = .seconds(10)
    /// PEM; replaces the system's trust roots. Nil keeps them.
    package var caFile: String?
    package var caFilePosition: Diagnostic.Position?
    package var proxy: ProxyDefinition?
    /// Of the destination.
    package var position: Diagnostic.Position?
    /// Speaks HTTP/2 with a server that offers it, HTTP/1.1 with others; only over TLS.
    package var offersHTTP2 = false
    package var lifetime = ConnectionLifetime()
    /// What has waited for a connection for longer does not leave any more.
    package var longestConnecting = Duration.seconds(10)
    /// Nil for the system's own resolver.
    package var resolver: (@Sendable (any EventLoop) -> any Resolver & Sendable)?

    package init() {}
}

/// Opens verified connections to one endpoint, through a proxy where one is configured.
package struct ConnectionFactory: Sendable {
    package let endpoint: HTTPEndpoint
    package let options: ConnectionOptions
    private let tls: NIOSSLContext?
    /// Offers h2 and HTTP/1.1.
    private let tlsOfferingHTTP2: NIOSSLContext?

    package var timeout: Duration { options.timeout }
    package var offersHTTP2: Bool { tlsOfferingHTTP2 != nil }

    /// Throws `ca_file` where that cannot be read or holds no certificate, and `unverifiable_endpoint` where a certificate
    /// would be held against the proxy's address.
    package init(endpoint: HTTPEndpoint, options: ConnectionOptions = ConnectionOptions()) throws(Diagnostic) {
        self.endpoint = endpoint
        self.options = options
        guard endpoint.isSecure else {
            (tls, tlsOfferingHTTP2) = (nil, nil)
            return
        }
        guard options.proxy == nil || !endpoint.isIPAddress else {
            throw .error(
                "unverifiable_endpoint",
                "the certificate of \(endpoint.authority), an IP address, cannot be verified through a proxy",
                at: options.position, hint: "write the host's name in edge_url, or leave proxy out")
        }
        let setup = TLSSetup(caFile: options.caFile, position: options.caFilePosition)
        let trusted = try setup.trustRoots()
        tls = try setup.context(protocols: ["http/1.1"], trusting: trusted)
        tlsOfferingHTTP2 =
            options.offersHTTP2 ? try setup.context(protocols: ["h2", "http/1.1"], trusting: trusted) : nil
    }

    /// False for a write that has waited so long for its connection that it must not leave any more: this process may
    /// have been stopped meanwhile, and another have sent the user something newer.
    func isInTime(_ startedAt: ContinuousClock.Instant) -> Bool {
        startedAt.duration(to: .now) < min(timeout, options.longestConnecting)
    }

    /// The same for one that starts to wait anew, over another protocol: both waits together must not be much longer.
    func mayWaitAgain(_ startedAt: ContinuousClock.Instant) -> Bool {
        startedAt.duration(to: .now) < min(timeout, options.longestConnecting / 4)
    }

    /// Connects on `loop`; `makeHandler` gives the channel its last handler, `bytes` stands before the decoder. It is
    /// called more than once where a name has several addresses: only the winner's channel comes back.
    func connect(
        on loop: any EventLoop, makeHandler: @escaping @Sendable (_ bytes: RequestBytes) -> any ChannelHandler
    ) -> EventLoopFuture<any Channel> {
        open(on: loop) { channel in
            let pipeline = channel.pipeline.syncOperations
            let (socketEnd, tunnel) = try addTransport(to: pipeline, tls: tls)
            let bytes = RequestBytes(belowTLS: socketEnd, tunnel: tunnel)
            try pipeline.addHandler(bytes)
            let decoder = HTTPResponseDecoder(limitConfiguration: AnswerLimits.decoder)
            try pipeline.addHandler(ByteToMessageHandler(decoder))
            try pipeline.addHandler(makeHandler(bytes))
        }
    }

    /// Connects on `loop` with h2 on offer; `makeHandler` gives the handler that hears what the server chose.
    func connectOfferingHTTP2(
        on loop: any EventLoop,
        makeHandler: @escaping @Sendable (SocketEnd, ProxyTunnel?) -> any ChannelHandler
    ) -> EventLoopFuture<any Channel> {
        open(on: loop) { channel in
            let pipeline = channel.pipeline.syncOperations
            let socketEnd = SocketEnd()
            try pipeline.addHandler(socketEnd)
            let (_, tunnel) = try addTransport(to: pipeline, tls: tlsOfferingHTTP2, below: socketEnd)
            try pipeline.addHandler(makeHandler(socketEnd, tunnel))
        }
    }

    private func open(
        on loop: any EventLoop, addHandlers: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(timeout.wholeNanoseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            // An answer comes in one piece: a second read would only learn that there is no more.
            .channelOption(.maxMessagesPerRead, value: 1)
            .resolver(options.resolver?(loop))
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try addHandlers(channel) } }
        guard let proxy = options.proxy else { return bootstrap.connect(host: endpoint.host, port: endpoint.port) }
        return bootstrap.connect(host: proxy.host, port: proxy.port)
            .flatMapErrorThrowing { error in throw ProxyTrouble.connection(error) }
    }

    /// What stands between the socket and HTTP.
    private func addTransport(
        to pipeline: ChannelPipeline.SynchronousOperations, tls: NIOSSLContext?, below given: SocketEnd? = nil
    ) throws -> (SocketEnd?, ProxyTunnel?) {
        var socketEnd = given
        if tls != nil, given == nil {
            let end = SocketEnd()
            socketEnd = end
            try pipeline.addHandler(end)
        }
        var tunnel: ProxyTunnel?
        if let proxy = options.proxy {
            let handler = ProxyTunnel(proxy, target: endpoint.authorityWithPort)
            tunnel = handler
            try pipeline.addHandler(handler)
        }
        if let tls {
            let name = endpoint.isIPAddress ? nil : endpoint.host
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
        }
        return (socketEnd, tunnel)
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
