import ArgumentParser
import Foundation
import PersonalizeSimulator
import SyncCore
import SyncEngine

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Serve a local Contentstack Personalize with fault injection.",
        discussion: "Serves until it is stopped by a signal. docs/simulator.md describes its admin path and fault file."
    )

    @Option(name: .long, help: "Address and port; port 0 takes any free one.") var listen = "127.0.0.1:8787"
    @Option(name: .long, help: "A JSON file of faults to inject.", completion: .file(extensions: ["json"]))
    var faults: String?
    @OptionGroup(title: "Behaviour") var switches: SimulatorSwitches
    @Flag(name: .long, help: "Do not print the address.") var quiet = false
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        try await ending(console) {
            let address = try ListenAddress(listen)
            let rules = try faults.map(Self.rules) ?? .none
            let options = switches.options(host: address.host, port: address.port, faults: rules)
            let signals = ProcessSignals()
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { [quiet] in
                        try await Simulator.run(options) { port in
                            guard !quiet else { return }
                            Self.announce(ListenAddress(host: address.host, port: port), console)
                        }
                    }
                    group.addTask { await Self.wait(for: signals.stop) }
                    try await group.next()
                    group.cancelAll()
                }
            } catch let failure as SimulatorFailure {
                throw Diagnostic.error("simulator_failed", failure.description)
            }
            return signals.stop.reason?.exit ?? .done
        }
    }

    private static func announce(_ address: ListenAddress, _ console: Console) {
        console.print(
            json: .members(["url": .string(address.url)]),
            text: "the simulator listens on \(address.url); a browser shows there what it holds")
    }

    private static func rules(_ path: String) throws -> FaultRules {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostic.error("unreadable_file", "the fault file \(path) cannot be read")
        }
        do {
            return try FaultRules(json: Array(data))
        } catch {
            throw Diagnostic.error("fault_file", "\(path): \(error.description)")
        }
    }

    /// Returns when a stop is asked for, or the task is cancelled.
    private static func wait(for stop: StopRequest) async {
        let (requests, continuation) = AsyncStream.makeStream(of: Void.self)
        stop.onRequest { _ in continuation.finish() }
        for await _ in requests {}
    }
}
