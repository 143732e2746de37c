import Foundation
import FoundationNetworking
import TestKit
import Testing

/// The arguments of `headrace simulate` reach the simulator.
@Suite(.timeLimit(.minutes(1))) struct SimulateSwitchTests {
    private static func send(
        _ method: String, _ address: String, _ headers: [String: String], body: String? = nil
    ) async throws -> (status: Int, text: String) {
        var request = URLRequest(url: try #require(URL(string: address)))
        request.httpMethod = method
        request.allHTTPHeaderFields = headers.merging(["x-project-uid": SimulatorProcess.projectUID]) { $1 }
        request.httpBody = body.map { Data($0.utf8) }
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    @Test func doesAsItIsTold() async throws {
        let folder = try ScratchFolder()
        let simulator = try SimulatorProcess(
            in: folder,
            switches: ["--nulls", "store", "--arrays", "reject", "--success-status", "200", "--require-sign-in"])
        let edge = simulator.url + "/user-attributes"
        let written = try await Self.send("PATCH", edge, ["x-cs-personalize-user-uid": "u1"], body: #"{"a":null}"#)
        #expect(written.status == 200 && written.text == "User Attributes added successfully")
        #expect(try await simulator.attributes(of: "u1") == #"{"a":null}"#)
        let refused = try await Self.send("PATCH", edge, ["x-cs-personalize-user-uid": "u1"], body: #"{"a":[1]}"#)
        #expect(refused.status == 400)

        #expect(try await Self.send("GET", simulator.url + "/attributes", ["authtoken": "any"]).status == 401)
        let user = #"{"user":{"email":"demo@example.com","password":"headrace-demo"}}"#
        let session = try await Self.send("POST", simulator.url + "/v3/user-session", [:], body: user)
        let token = String(try #require(session.text.firstMatch(of: /"authtoken":"([0-9a-f]+)"/)).1)
        #expect(try await Self.send("GET", simulator.url + "/attributes", ["authtoken": token]).status == 200)
        await simulator.end()
    }

    @Test(arguments: [
        ["--success-status", "202"], ["--visibility-delay-ms", "-1"], ["--access-token-seconds", "0"],
        ["--management-requests-per-second", "nan"], ["--latency", "slow"],
    ])
    func refusesWhatNoSwitchTakes(arguments: [String]) throws {
        let folder = try ScratchFolder()
        let output = try HeadraceProcess.run(["simulate"] + arguments, in: folder.url)
        #expect(output.exit == 2 && output.stderr.contains(arguments[0]), "\(output)")
    }
}
