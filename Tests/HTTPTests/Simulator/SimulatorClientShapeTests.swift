import PersonalizeSimulator
import Testing

/// Requests as other programs send them.
@Suite(.timeLimit(.minutes(1))) struct SimulatorClientShapeTests {
    @Test func segmentsCloudDestination() async throws {
        try await withSimulator { (client) async throws in
            let headers = [
                "content-type": "application/json", "user-agent": "Segment (Actions)",
                "x-cs-eclipse-user-uid": "user-1", "x-project-uid": testProject,
            ]
            let traits = #"{"plan":"pro","in_audience":true,"left":null,"tags":["a","b"]}"#
            // A base address with a slash at its end doubles it.
            let reply = try await client.send("PATCH", "//user-attributes", headers, body: traits)
            #expect(reply.status == 204)
            #expect(try await client.attributes("user-1") == #"{"in_audience":true,"plan":"pro","tags":["a","b"]}"#)
            let isIn = Rules.all(Rules.custom(try await client.createAttribute("in_audience"), "IS_TRUE"))
            #expect(try await client.takes("user-1", isIn))
        }
    }

    @Test func segmentsWebDestination() async throws {
        try await withSimulator { (client) async throws in
            let origin = ["Origin": "https://shop.example"]
            let preflight = origin.merging([
                "Access-Control-Request-Method": "PATCH",
                "Access-Control-Request-Headers": "x-cs-eclipse-user-uid,x-project-uid",
            ]) { $1 }
            #expect(try await client.send("OPTIONS", "/user-attributes", preflight).status == 204)
            let headers = origin.merging([
                "Content-Type": "text/plain;charset=UTF-8", "x-cs-eclipse-user-uid": "user-1",
                "x-project-uid": testProject,
            ]) { $1 }
            let bare = headers.filter { $0.key != "Content-Type" }
            for (sent, value) in [(headers, 1), (bare, 2)] {
                let reply = try await client.send("PATCH", "/user-attributes", sent, body: #"{"visits":\#(value)}"#)
                #expect(reply.status == 204 && reply.header("access-control-allow-origin") == "*")
                #expect(try await client.attributes("user-1") == #"{"visits":\#(value)}"#)
            }
            let events = #"[{"eventKey":"Click","type":"EVENT"}]"#
            #expect(try await client.send("POST", "/events", headers, body: events).status == 204)
            #expect(try await client.stats().contains(#""events":{"EVENT":1}"#))
        }
    }

    @Test func theOfficialCommandLine() async throws {
        try await withSimulator { (client) async throws in
            let headers = [
                "Content-Type": "application/json", "authtoken": "token", "X-Project-Uid": testProject,
                "Accept": "application/json, text/plain, */*",
            ]
            for path in ["/attributes", "/audiences", "/events", "/experiences"] {
                let reply = try await client.send("GET", path, headers)
                #expect(reply.status == 200 && reply.body.hasPrefix("["))
            }
            for key in ["tier", "points"] {
                let body = #"{"key":"\#(key)","name":"\#(key)","description":"d"}"#
                let reply = try await client.send("POST", "/attributes", headers, body: body)
                #expect(reply.status == 201 && reply.body.contains(#""uid":""#))
            }
            let list = try await client.send("GET", "/attributes", headers).body
            #expect(list.matches(of: /"__type":"CUSTOM"/).count == 2)
            let organization = ["authorization": "Bearer token", "organization_uid": "blt5e1f000000000001"]
            let projects = try await client.send("GET", "/projects", organization).body
            #expect(projects.hasPrefix("[") && projects.contains(testProject))
        }
    }
}
