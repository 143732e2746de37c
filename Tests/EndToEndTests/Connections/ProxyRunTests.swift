import TestKit
import Testing

/// A run through an HTTP proxy, a real one.
@Suite struct ProxyRunTests {
    private func project(proxy: String) -> MembersProject {
        var project = MembersProject()
        project.destination = ["max_in_flight: 16", "timeout: 5s", "proxy: \"\(proxy)\""]
        project.sync = ["retry: {attempts: 1}"]
        return project
    }

    @Test func usersArriveAndTheProxySeesNothingOfThem() async throws {
        let proxy = try Tinyproxy(credentials: "me hush")
        let workshop = try await Workshop(
            project(proxy: "http://me:${PROXY_PASSWORD}@127.0.0.1:\(proxy.port)"), rows: Workshop.plainRows(300))
        let environment = ["PROXY_PASSWORD": "hush"]
        let output = try await workshop.headrace("run", "--output", "json", environment: environment)
        let run = try Workshop.run(from: output)
        #expect(run.exit == 0)
        #expect(run.operations == .allConfirmed(300))
        #expect(try await workshop.simulator.stats().users == 300)
        let port = workshop.simulator.url.split(separator: ":").last ?? ""
        #expect(proxy.hasLogged("CONNECT 127.0.0.1:\(port)"))
        for secret in ["u17", "silver", "loyalty_tier", "hush", "6400000000000000000000ab"] {
            #expect(!proxy.log.contains(secret), "the proxy's log holds \(secret)")
        }
        let doctor = try await workshop.headrace("doctor", environment: environment)
        #expect(doctor.exit == 0, "\(doctor.stdout)\(doctor.stderr)")
        await proxy.end()
        let without = try await workshop.headrace("doctor", environment: environment)
        #expect(without.exit == 5)
        #expect((without.stdout + without.stderr).contains("proxy connection refused"))
        #expect((without.stdout + without.stderr).contains("check proxy"))
    }

    @Test func wrongCredentialsStopTheRunAtOnce() async throws {
        let proxy = try Tinyproxy(credentials: "me hush")
        let workshop = try await Workshop(
            project(proxy: "http://me:wr%6fng@127.0.0.1:\(proxy.port)"), rows: Workshop.plainRows(5))
        let run = try await workshop.run("--log-level", "trace")
        #expect(run.exit == 5)
        #expect(run.operations.deferred == 5)
        #expect(run.line.error?.contains("the proxy refuses the credentials (401)") == true, "\(run.line)")
        // Neither as written, nor as meant, nor as sent.
        for secret in ["wr%6fng", "wrong", "bWU6d3Jvbmc="] {
            #expect(!(run.output.stdout + run.output.stderr).contains(secret))
        }
        #expect(try await workshop.simulator.stats().requests == 0)
    }

    @Test func aProxyThatForbidsTheEndpointStopsTheRun() async throws {
        let proxy = try Tinyproxy(connectPort: 443)
        let workshop = try await Workshop(
            project(proxy: "http://127.0.0.1:\(proxy.port)"), rows: Workshop.plainRows(20))
        let run = try await workshop.run()
        #expect(run.exit == 5)
        #expect(run.operations.deferred == 20)
        let error = try #require(run.line.error)
        #expect(error.contains("the proxy lets no request pass (403 from the proxy)"), "\(error)")
    }

    @Test func aProxyThatIsDownLeavesEveryoneDeferred() async throws {
        let proxy = try Tinyproxy()
        await proxy.end()
        let workshop = try await Workshop(
            project(proxy: "http://127.0.0.1:\(proxy.port)"), rows: Workshop.plainRows(3))
        let run = try await workshop.run()
        #expect(run.exit == 5)
        #expect(run.operations.deferred == 3)
        let id = try #require(run.line.runID)
        let shown = try await workshop.headrace("runs", id)
        #expect(shown.stdout.contains("proxy connection refused"), "\(shown.stdout)")
    }

    @Test func noProxyOfTheEnvironmentIsUsed() async throws {
        let workshop = try await Workshop(rows: Workshop.plainRows(3))
        let nowhere = "http://127.0.0.1:1"
        let output = try await workshop.headrace(
            "run", "--output", "json",
            environment: [
                "HTTP_PROXY": nowhere, "http_proxy": nowhere, "HTTPS_PROXY": nowhere, "https_proxy": nowhere,
                "ALL_PROXY": nowhere,
            ])
        #expect(try Workshop.run(from: output).operations == .allConfirmed(3))
    }
}
