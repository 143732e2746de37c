import Foundation
import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorAdminTests {
    @Test func logsWhatItWasAskedAndAnswered() async throws {
        let time = Date(timeIntervalSince1970: 1_790_000_000.25)
        try await withSimulator(SimulatorOptions(loggedBodyInBytes: 6, now: { time })) { (client) async throws in
            _ = try await client.patch("u1", #"{"a":"long"}"#)
            let log = try await client.send("GET", "/__simulator/requests?uid=u1&status=204").body
            #expect(
                log == #"{"count":1,"offset":0,"requests":[{"sequence":1,"time":"2026-09-21T14:13:20.250Z","#
                    + #""method":"PATCH","path":"/user-attributes","project":"6400000000000000000000ab","uid":"u1","#
                    + #""status":204,"fault":null,"applied":true,"body":"{\"a\":\"","body_size":12}]}"#)
            #expect(try await client.send("GET", "/__simulator/requests?uid=u2").body.contains(#""count":0"#))
        }
    }

    @Test func keepsOnlyTheLastRequestsOldestFirst() async throws {
        try await withSimulator(SimulatorOptions(loggedRequests: 3)) { (client) async throws in
            for number in 1...5 { _ = try await client.patch("u\(number)", "{}") }
            let log = try await client.send("GET", "/__simulator/requests").body
            #expect(log.matches(of: /"uid":"(u\d)"/).map { String($0.output.1) } == ["u3", "u4", "u5"])
        }
    }

    @Test func keepsNoLogWhenSwitchedOff() async throws {
        try await withSimulator(SimulatorOptions(loggedRequests: 0)) { (client) async throws in
            _ = try await client.patch("u1", "{}")
            #expect(try await client.send("GET", "/__simulator/requests").body.contains(#""count":0"#))
        }
    }

    @Test func pagesThroughAllUsersInOrder() async throws {
        try await withSimulator { (client) async throws in
            for uid in ["c", "a", "d", "b"] { _ = try await client.patch(uid, #"{"x":1}"#) }
            let page = try await client.send("GET", "/__simulator/users?offset=1&limit=2").body
            #expect(page.hasPrefix(#"{"count":4,"offset":1,"users":["#))
            #expect(page.matches(of: /"uid":"(\w)"/).map { String($0.output.1) } == ["b", "c"])
        }
    }

    @Test func findsAUserWhoseUidNeedsEscaping() async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.patch("a/b%c?", #"{"x":1}"#)
            #expect(try await client.attributes("a%2Fb%25c%3F") == #"{"x":1}"#)
        }
    }

    @Test func noticesTwoRequestsOfOneUserAtOnce() async throws {
        let faults = #"{"rules":[{"match":{"first":1},"effect":{"type":"hang"}}]}"#
        try await withSimulator(faults: faults) { (client) async throws in
            let first = Task { try await client.patch("u1", "{}") }
            try await client.waitForStats(#""in_flight":1,"#)
            _ = try await client.patch("u2", "{}")
            #expect(
                try await client.stats().contains(
                    #""max_in_flight":2,"max_in_flight_per_user":1,"overlapping_users":[]"#))
            _ = try await client.patch("u1", "{}")
            #expect(
                try await client.stats().contains(
                    #""max_in_flight_per_user":2,"overlapping_users":[{"project":"\#(testProject)","uid":"u1","max_in_flight":2}]"#
                ))
            first.cancel()
        }
    }

    @Test func seesNoOverlapWhenTheClientHasGivenUpBefore() async throws {
        let faults = #"{"rules":[{"match":{"first":1},"effect":{"type":"hang"}}]}"#
        try await withSimulator(faults: faults) { (client) async throws in
            let first = Task { try await client.patch("u1", "{}") }
            try await client.waitForStats(#""in_flight":1,"#)
            first.cancel()
            try await client.waitForStats(#""in_flight":0,"#)
            #expect(try await client.patch("u1", "{}").status == 204)
            #expect(try await client.stats().contains(#""max_in_flight_per_user":1,"#))
        }
    }

    @Test func countsRequestsByStatusAndFault() async throws {
        let faults = #"{"rules":[{"name":"bad","match":{"uid":"bad*"},"effect":{"type":"drop_after"}}]}"#
        try await withSimulator(faults: faults) { (client) async throws in
            for uid in ["u1", "bad1", "bad2"] { _ = try await client.patch(uid, "{}") }
            _ = try await client.patch("u1", "[]")
            #expect(
                try await client.stats().hasPrefix(
                    #"{"requests":4,"applied":3,"unanswered":2,"by_status":{"204":1,"400":1},"by_fault":{"bad":2},"users":3,"#
                ))
        }
    }

    @Test func forgetsEverythingOnReset() async throws {
        let faults = #"{"rules":[{"match":{"first":1},"effect":{"type":"status","status":503,"apply":true}}]}"#
        try await withSimulator(faults: faults) { (client) async throws in
            #expect(try await client.patch("u1", "{}").status == 503)
            #expect(try await client.send("POST", "/__simulator/reset").status == 204)
            #expect(try await client.stats().hasPrefix(#"{"requests":0,"applied":0,"unanswered":0,"#))
            #expect(try await client.attributes("u1") == nil)
            #expect(try await client.patch("u1", "{}").status == 503, "rules count anew")
        }
    }

    @Test func answers404ForAnAdminPathThatDoesNotExist() async throws {
        try await withSimulator { (client) async throws in
            for path in ["nothing", "users/nobody"] {
                let reply = try await client.send("GET", "/__simulator/" + path)
                #expect(reply.status == 404)
            }
        }
    }

    @Test func saysWhenTheAddressIsTaken() async throws {
        try await withSimulator { (client) async throws in
            let failure = await #expect(throws: SimulatorFailure.self) {
                try await Simulator.run(SimulatorOptions(port: client.port))
            }
            #expect(failure?.description.contains("127.0.0.1:\(client.port)") == true)
        }
    }
}
