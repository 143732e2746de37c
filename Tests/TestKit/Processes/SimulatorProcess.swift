import Foundation
import FoundationNetworking

/// A `headrace simulate` of a test's own, ended with its owner, and its admin path.
package final class SimulatorProcess: Sendable {
    package static let projectUID = "6400000000000000000000ab"
    private let process: RunningProcess
    /// `http://127.0.0.1:PORT`
    package let url: String

    package struct Problem: Error, CustomStringConvertible {
        package var description: String
    }

    /// One request as the simulator saw it, in the order in which their fate was decided.
    package struct LoggedRequest: Decodable, Sendable {
        package var sequence: Int
        package var method: String
        package var project: String?
        package var uid: String?
        /// Nil when the client got no answer.
        package var status: Int?
        package var applied: Bool
        package var body: String
    }

    package struct Stats: Decodable, Sendable {
        package var requests: Int
        package var applied: Int
        package var users: Int
        /// The most requests of one user that were in flight at once.
        package var maxInFlightPerUser: Int

        private enum CodingKeys: String, CodingKey {
            case requests, applied, users
            case maxInFlightPerUser = "max_in_flight_per_user"
        }
    }

    /// `faults` is the text of a fault file, `switches` are further arguments.
    package init(in folder: ScratchFolder, faults: String? = nil, switches: [String] = []) throws {
        var arguments = ["simulate", "--listen", "127.0.0.1:0"] + switches
        if let faults {
            try folder.write(["faults.json": faults])
            arguments += ["--faults", "faults.json"]
        }
        let process = try RunningProcess(
            program: URL(filePath: "/bin/sh"),
            ["-c", Self.supervisor, try HeadraceProcess.executable().path(percentEncoded: false)] + arguments,
            in: folder.url, environment: HeadraceProcess.environment(), keepsInputOpen: true)
        guard let line = process.line(where: { $0.contains("http://127.0.0.1:") }),
            let start = line.range(of: "http://127.0.0.1:")
        else {
            process.closeInput()
            throw Problem(description: "the simulator did not say where it listens: \(process.errorText)")
        }
        url = "http://127.0.0.1:" + line[start.upperBound...].prefix { $0.isNumber }
        self.process = process
    }

    /// Ends the simulator when its standard input does: also when the test process dies.
    private static let supervisor = #""$0" "$@" & simulator=$!; cat > /dev/null; kill -9 $simulator"#

    deinit { process.closeInput() }

    /// Ends it; when this returns, its port answers no more.
    package func end() async {
        process.closeInput()
        _ = await process.end()
    }

    /// GET of a path below `/__simulator/`.
    package func admin(_ path: String) async throws -> Any {
        try JSONSerialization.jsonObject(with: try await get(path), options: .fragmentsAllowed)
    }

    /// The same as the text that came.
    package func text(_ path: String) async throws -> String { String(decoding: try await get(path), as: UTF8.self) }

    /// The attributes a user holds as the simulator stored them, each value in the very digits that were sent and the
    /// keys in order: `{"points":1,"tier":"gold"}`. Nil for a user that was never written.
    package func attributes(of uid: String, project: String = projectUID) async throws -> String? {
        let name = uid.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? uid
        let (data, status) = try await exchange("GET", "users/\(name)?project=\(project)")
        if status == 404 { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard status == 200, let start = text.range(of: "\"attributes\":"), text.hasSuffix("}") else {
            throw Problem(description: "the simulator answered \(status) for user \(uid): \(text)")
        }
        return String(text[start.upperBound...].dropLast())
    }

    /// The logged requests, oldest first, of one user or of all.
    package func requests(of uid: String? = nil, offset: Int = 0) async throws -> [LoggedRequest] {
        struct Page: Decodable { var requests: [LoggedRequest] }
        let filter = uid.map { "&uid=" + ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? $0) } ?? ""
        let data = try await get("requests?offset=\(offset)&limit=1000000\(filter)")
        return try JSONDecoder().decode(Page.self, from: data).requests
    }

    package func stats() async throws -> Stats {
        try JSONDecoder().decode(Stats.self, from: try await get("stats"))
    }

    /// Puts the rules of a fault file in place of those before.
    package func setFaults(_ text: String) async throws { try await send("PUT", "faults", body: text) }

    /// Sends a body to a path below `/__simulator/`.
    package func send(_ method: String, _ path: String, body: String = "") async throws {
        let (data, status) = try await exchange(method, path, body: body)
        guard (200..<300).contains(status) else {
            throw Problem(description: "\(method) \(path): \(status) \(String(decoding: data, as: UTF8.self))")
        }
    }

    private func get(_ path: String) async throws -> Data {
        let (data, status) = try await exchange("GET", path)
        guard status == 200 else {
            throw Problem(description: "GET \(path): \(status) \(String(decoding: data, as: UTF8.self))")
        }
        return data
    }

    private func exchange(_ method: String, _ path: String, body: String = "") async throws -> (Data, Int) {
        guard let address = URL(string: "\(url)/__simulator/\(path)") else {
            throw Problem(description: "no URL: \(path)")
        }
        var request = URLRequest(url: address)
        request.httpMethod = method
        if !body.isEmpty { request.httpBody = Data(body.utf8) }
        let (data, response) = try await URLSession.shared.data(for: request)
        return (data, (response as? HTTPURLResponse)?.statusCode ?? 0)
    }
}
