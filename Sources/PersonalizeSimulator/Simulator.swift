import Hummingbird
import Logging
import NIOCore

/// A local Contentstack Personalize with fault injection. It shares no code with the destination that it tests.
package enum Simulator {
    /// Serves until the task is cancelled; then the connections end, also those that hang, and the call returns.
    ///
    /// `onReady` is called once with the bound port. Throws when the address cannot be bound.
    package static func run(
        _ options: SimulatorOptions, onReady: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) async throws(SimulatorFailure) {
        // The server is quiet: what happened is in the request log, and standard error is the command's.
        var logger = Logger(label: "headrace.simulator") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let application = Application(
            responder: SimulatorResponder(options),
            configuration: ApplicationConfiguration(address: .hostname(options.host, port: options.port)),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? options.port) },
            logger: logger)
        do {
            try await application.run()
        } catch {
            if Task.isCancelled { return }
            throw SimulatorFailure(address: "\(options.host):\(options.port)", reason: "\(error)")
        }
    }
}

/// The simulator could not serve, most often because the address is taken.
package struct SimulatorFailure: Error, CustomStringConvertible {
    package var address: String
    package var reason: String

    package var description: String {
        "the simulator cannot serve on \(address): \(reason); choose another address with --listen"
    }
}
