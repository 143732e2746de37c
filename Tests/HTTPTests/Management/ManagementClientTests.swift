import Contentstack
import OutboundHTTP
import PersonalizeSimulator
import SyncCore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ManagementClientTests {
    /// Asks a simulator as somebody with `token`; waits are over at once and remembered.
    private static func ask<Result: Sendable>(
        _ options: SimulatorOptions = SimulatorOptions(), faults: String? = nil, token: String = "any",
        kind: ManagementCredential.Kind = .authtoken, project: String = testProject,
        credentials: (any CredentialSource)? = nil,
        _ body: @escaping @Sendable (ManagementClient, SimulatorClient) async throws -> Result
    ) async throws -> (result: Result, waits: [Duration]) {
        let waits = Mutex<[Duration]>([])
        let results = Mutex<Result?>(nil)
        try await withSimulator(options, faults: faults) { (simulator) async throws in
            let caller = try HTTPCaller()
            let address = ManagementClient.Address(
                endpoint: try HTTPEndpoint("http://127.0.0.1:\(simulator.port)"), projectUID: project,
                userAgent: "headrace/test")
            var rhythm = ManagementClient.Rhythm()
            rhythm.pause = { time in waits.withLock { $0.append(time) } }
            rhythm.random = { 1 }
            let credential = ManagementCredential(kind, Secret(token))
            let client = ManagementClient(
                caller, address: address, credentials: credentials ?? FixedCredential(credential, from: "TOKEN"),
                pace: ManagementPace(), rhythm: rhythm)
            do {
                let result = try await body(client, simulator)
                results.withLock { $0 = result }
            } catch {
                await caller.close()
                throw error
            }
            await caller.close()
        }
        return (try #require(results.withLock { $0 }), waits.withLock { $0 })
    }

    private static func failure<Result>(
        of body: () async throws(ManagementFailure) -> Result
    ) async -> ManagementFailure? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [ManagementCredential.Kind.authtoken, .bearer])
    func whatIsCreatedIsListed(kind: ManagementCredential.Kind) async throws {
        let (all, _) = try await Self.ask(
            SimulatorOptions(managementTokens: ["right"]), token: "right", kind: kind
        ) { client, _ in
            let created = try await client.create(attribute: "tier", name: "Tier", description: #"of "members""#)
            let all = try await client.attributes()
            #expect(all.contains(created))
            return all
        }
        #expect(all.filter { !$0.isPreset }.map(\.key) == ["tier"])
        #expect(all.first { !$0.isPreset }?.description == #"of "members""#)
        #expect(all.count { $0.isPreset } == 8)
    }

    @Test func aTokenThatIsRefusedIsNamedAndNotTriedAgain() async throws {
        let ((failure, stats), waits) = try await Self.ask(
            SimulatorOptions(managementTokens: ["right"]), token: "wrong"
        ) { client, simulator in
            (
                await Self.failure { () async throws(ManagementFailure) in try await client.attributes() },
                try await simulator.stats()
            )
        }
        #expect(failure?.kind == .notSignedIn)
        #expect(failure?.diagnostic.message == "Contentstack does not accept the token of TOKEN")
        #expect(stats.contains(#""requests":1,"#))
        #expect(waits.isEmpty)
    }

    /// A login that has run out is renewed once.
    @Test func anotherCredentialIsAskedForOnce() async throws {
        let source = RenewedCredential()
        let (keys, _) = try await Self.ask(SimulatorOptions(managementTokens: ["new"]), credentials: source) {
            client, _ in
            try await client.attributes().count
        }
        #expect(keys == 8)
        #expect(source.refused == ["old"])
    }

    @Test func anUnknownProjectIsNamed() async throws {
        let (failure, _) = try await Self.ask(SimulatorOptions(projects: ["other"])) { client, _ in
            await Self.failure { () async throws(ManagementFailure) in try await client.audiences() }
        }
        #expect(failure?.kind == .notFound)
        let message = try #require(failure?.diagnostic.message)
        #expect(message.contains("does not know project \(testProject) (404: "))
        #expect(message.contains("personalize.PROJECTS.NOT_FOUND"))
    }

    @Test func whatIsRefusedSaysWhy() async throws {
        let (failure, _) = try await Self.ask { client, _ in
            _ = try await client.create(attribute: "tier", name: "Tier", description: nil)
            return await Self.failure { () async throws(ManagementFailure) in
                try await client.create(attribute: "other", name: "Tier", description: nil)
            }
        }
        #expect(failure?.kind == .refused)
        #expect(failure?.diagnostic.message.contains("name: personalize.ATTRIBUTES.DUPLICATE_NAME") == true)
    }

    @Test func tooManyRequestsWaitLongerEachTime() async throws {
        let faults = #"{"rules":[{"match":{"first":3},"effect":{"type":"status","status":429}}]}"#
        let (count, waits) = try await Self.ask(faults: faults) { client, _ in try await client.attributes().count }
        #expect(count == 8)
        #expect(waits == [.milliseconds(300), .milliseconds(600), .milliseconds(1200)])
    }

    @Test func oneThatNeverStopsSayingSoIsGivenUp() async throws {
        let faults = #"{"rules":[{"effect":{"type":"status","status":429}}]}"#
        let (failure, waits) = try await Self.ask(faults: faults) { client, _ in
            await Self.failure { () async throws(ManagementFailure) in try await client.attributes() }
        }
        #expect(failure?.kind == .unanswered)
        #expect(failure?.diagnostic.message.contains("is asked too often (429)") == true)
        #expect(waits.count == 5)
    }

    @Test(arguments: [#"{"type":"status","status":503}"#, #"{"type":"reset_before"}"#, #"{"type":"drop_after"}"#])
    func aQuestionIsRepeated(effect: String) async throws {
        let faults = #"{"rules":[{"match":{"first":2},"effect":\#(effect)}]}"#
        let (count, waits) = try await Self.ask(faults: faults) { client, _ in try await client.attributes().count }
        #expect(count == 8)
        #expect(waits == [.milliseconds(100), .milliseconds(200)])
    }

    /// The list tells what became of a request whose answer is lost; it is not sent a second time.
    @Test func aCreationWhoseAnswerIsLostIsLookedUp() async throws {
        let faults = #"{"rules":[{"match":{"first":1},"effect":{"type":"drop_after"}}]}"#
        let (created, _) = try await Self.ask(faults: faults) { client, _ in
            try await client.create(attribute: "tier", name: "Tier", description: nil)
        }
        #expect(created.key == "tier")
    }

    @Test func aCreationThatNeverArrivedIsAFailure() async throws {
        let faults = #"{"rules":[{"match":{"first":1},"effect":{"type":"status","status":503}}]}"#
        let ((failure, keys), _) = try await Self.ask(faults: faults) { client, _ in
            let failure = await Self.failure { () async throws(ManagementFailure) in
                try await client.create(attribute: "tier", name: "Tier", description: nil)
            }
            return (failure, try await client.attributes().count)
        }
        #expect(failure?.kind == .unanswered)
        #expect(failure?.diagnostic.message.contains("answered 503") == true)
        #expect(keys == 8)
    }

    @Test func anAnswerThatIsNoListIsNone() async throws {
        let faults = #"{"rules":[{"effect":{"type":"status","status":200,"body":"<html>"}}]}"#
        let (failure, _) = try await Self.ask(faults: faults) { client, _ in
            await Self.failure { () async throws(ManagementFailure) in try await client.attributes() }
        }
        #expect(failure?.diagnostic.code == "management_illegible")
    }

    @Test func theEleventhRequestOfASecondWaits() {
        let pace = ManagementPace()
        let start = ContinuousClock.Instant.now
        for _ in 0..<10 { #expect(pace.wait(at: start) == .zero) }
        #expect(pace.wait(at: start) == .milliseconds(1050))
        #expect(pace.wait(at: start + .milliseconds(50)) == .milliseconds(1000))
        #expect(pace.wait(at: start + .seconds(5)) == .zero)
    }

    /// Forms of the error envelope that have been seen.
    @Test(arguments: [
        (
            #"{"errors":{"key":[{"code":"a.B","message":"taken"}],"name":["short","odd"]}}"#,
            "key: taken, name: short, name: odd"
        ),
        (#"{"errors":{"key":"taken"},"error":"no"}"#, "key: taken"), (#"{"errors":["x"]}"#, "x"),
        (#"{"errors":{"message":"one"}}"#, "one"), (#"{"errors":{},"error":"no","message":"m"}"#, "no"),
        (#"{"error_message":"wrong\nlogin","error_code":104}"#, "wrong login"), (#"{"message":["a","b"]}"#, "a"),
    ]) func theReasonIsFound(body: String, reason: String) async throws {
        let text = body.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let faults = #"{"rules":[{"effect":{"type":"status","status":422,"body":"\#(text)"}}]}"#
        let (failure, _) = try await Self.ask(faults: faults) { client, _ in
            await Self.failure { () async throws(ManagementFailure) in try await client.attributes() }
        }
        #expect(failure?.diagnostic.message.hasSuffix("refused GET /attributes (422: \(reason))") == true)
    }

    @Test func anAudienceThatCannotBeReadHidesNoOther() async throws {
        let list =
            #"[{"uid":"1","name":"odd","definition":{"__type":"RuleCombination","combinationType":"XOR","rules":[]}},"#
            + #"{"uid":"2","name":"none"},{"uid":"3","name":"all","definition":{"__type":"RuleCombination","#
            + #""combinationType":"AND","rules":[]}}]"#
        let text = list.replacing("\"", with: "\\\"")
        let faults = #"{"rules":[{"effect":{"type":"status","status":200,"body":"\#(text)"}}]}"#
        let (audiences, _) = try await Self.ask(faults: faults) { client, _ in try await client.audiences() }
        #expect(audiences.map(\.name) == ["odd", "none", "all"])
        let memberships = audiences.map { $0.rule.membership { _ in .value(.null) } }
        #expect(memberships == [.undecided, .undecided, .member])
    }
}

private final class RenewedCredential: CredentialSource {
    private let asked = Mutex<[String]>([])
    var refused: [String] { asked.withLock { $0 } }

    func credential(insteadOf refused: ManagementCredential?) async throws(Diagnostic) -> ManagementCredential {
        guard let refused else { return ManagementCredential(.bearer, Secret("old")) }
        asked.withLock { $0.append(refused.token.reveal()) }
        return ManagementCredential(.bearer, Secret("new"))
    }
}
