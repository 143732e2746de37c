import Foundation
import FoundationNetworking

/// A `headrace simulate` of a test's own, ended with its owner, and its admin path.
package final class SimulatorProcess: Sendable {
    package static let projectUID = "6400000000000000000000ab"
    private let process: RunningProcess
    /// `http://127.0.0.1:PORT`
    package let url: String

    package struct DidNotStart: Error, CustomStringConvertible {
        package var description: String
    }

    /// `faults` is the text of a fault file.
    package init(in folder: ScratchFolder, faults: String? = nil) throws {
        var arguments = ["simulate", "--listen", "127.0.0.1:0"]
        if let faults {
            try folder.write(["faults.json": faults])
            arguments += ["--faults", "faults.json"]
        }
        let process = try RunningProcess(arguments, in: folder.url)
        guard let line = process.line(where: { $0.contains("http://127.0.0.1:") }),
            let start = line.range(of: "http://127.0.0.1:")
        else {
            throw DidNotStart(description: "the simulator did not say where it listens: \(process.errorText)")
        }
        url = "http://127.0.0.1:" + line[start.upperBound...].prefix { $0.isNumber }
        self.process = process
    }

    deinit { process.send(SIGKILL) }

    /// GET of a path below `/__simulator/`.
    package func admin(_ path: String) async throws -> Any {
        guard let address = URL(string: "\(url)/__simulator/\(path)") else {
            throw DidNotStart(description: "no URL: \(path)")
        }
        let (data, _) = try await URLSession.shared.data(from: address)
        return try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
    }

    /// Sends a body to a path below `/__simulator/`.
    package func send(_ method: String, _ path: String, body: String = "") async throws {
        guard let address = URL(string: "\(url)/__simulator/\(path)") else { return }
        var request = URLRequest(url: address)
        request.httpMethod = method
        request.httpBody = Data(body.utf8)
        _ = try await URLSession.shared.data(for: request)
    }
}
