import Contentstack
import OutboundHTTP
import SyncCore
import TestKit
import Testing

@Suite struct PersonalizeEdgeTests {
    private func definition(_ change: (inout DestinationDefinition) -> Void = { _ in }) -> DestinationDefinition {
        var definition = DestinationDefinition(name: "personalize", projectUID: "6400000000000000000000ab")
        change(&definition)
        return definition
    }

    @Test(arguments: [
        ("na", "personalize-edge.contentstack.com"), ("US", "personalize-edge.contentstack.com"),
        (" aws_eu ", "eu-personalize-edge.contentstack.com"), ("au", "au-personalize-edge.contentstack.com"),
        ("azure_na", "azure-na-personalize-edge.contentstack.com"),
        ("AZURE-EU", "azure-eu-personalize-edge.contentstack.com"),
        ("gcp-na", "gcp-na-personalize-edge.contentstack.com"),
        ("gcp_eu", "gcp-eu-personalize-edge.contentstack.com"),
    ]) func everyRegionAndAliasHasItsEdgeHost(name: String, host: String) throws {
        let destination = try PersonalizeEdgeDestination(definition { $0.region = name }, version: "1")
        #expect(destination.identity.edgeHost == host)
        #expect(!destination.identity.isLoopback)
    }

    @Test func naAloneManagesContentOnAnotherDomain() throws {
        #expect(Region(named: "")?.contentManagementURL == "https://api.contentstack.io")
        #expect(Region(named: "eu")?.contentManagementURL == "https://eu-api.contentstack.com")
        #expect(Region(named: "mars") == nil)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8787", "127.0.0.1:8787", true), ("HTTP://LocalHost:80/", "localhost", true),
        ("https://[::1]:8443/x", "[::1]:8443", true), ("https://Edge.Example.com:443", "edge.example.com", false),
        ("https://127.example.com", "127.example.com", false),
    ]) func identityIsTheHostInLowerCase(url: String, host: String, isLoopback: Bool) throws {
        let identity = try PersonalizeEdgeDestination(definition { $0.edgeURL = url }, version: "1").identity
        #expect(identity.edgeHost == host)
        #expect(identity.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "ftp://x", "127.0.0.1:8787", "http://", "http://a b", "http://user:secret@host", "http://host:0",
        "http://host:99999", "http://host?x", "http://host\r\nx: y", "http://[::1", "https://hôst",
    ]) func refusesAMalformedURL(url: String) {
        #expect(throws: Diagnostic.self) {
            try PersonalizeEdgeDestination(definition { $0.edgeURL = url }, version: "1")
        }
    }

    @Test(arguments: ["", "a\r\nx: y", "ü", " a", "a\0"]) func refusesAProjectUidThatCannotTravel(uid: String) {
        #expect(throws: Diagnostic.self) {
            try PersonalizeEdgeDestination(definition { $0.projectUID = uid }, version: "1")
        }
    }

    /// Every status there is, against the table of the design.
    @Test(arguments: 200...599) func everyStatusProvesWhatTheDesignSays(status: Int) {
        let word = String(status)
        let expected: AttemptResult =
            switch status {
            case 200, 204: .confirmed(answer: word)
            case 300...399, 401, 403, 405, 407, 421, 426, 428, 451: .forbidden(answer: word)
            case 429: .throttled(answer: word, after: nil)
            case 202, 504: .unanswered(answer: word)
            case 201...299, 408, 425, 500...599: .ambiguous(answer: word)
            default: .refused(answer: word)
            }
        #expect(AnswerRules.classify(status: status) == expected)
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            (200, nil), (404, "unknown_project"), (400, "unknown_project"), (403, "destination_forbidden"),
            (302, "destination_redirects"), (500, "destination_trouble"),
        ]) func probesWithoutWriting(status: Int, code: String?) async throws
    {
        let requests = AsyncStream<RawRequest>.makeStream()
        let server = try RawServer { connection, _ in
            if let request = connection.readRequest() { requests.continuation.yield(request) }
            connection.send("HTTP/1.1 \(status) X\r\nlocation: /x\r\ncontent-length: 2\r\n\r\n{}")
        }
        defer { server.stop() }
        let destination = try PersonalizeEdgeDestination(
            definition { $0.edgeURL = "http://127.0.0.1:\(server.port)/base/" }, version: "1")
        do {
            let sentence = try await destination.probe()
            #expect(code == nil && sentence.contains("6400000000000000000000ab"))
        } catch {
            #expect(error.diagnostic.code == code)
        }
        var iterator = requests.stream.makeAsyncIterator()
        let request = await iterator.next()
        #expect(request?.head.hasPrefix("GET /base/manifest HTTP/1.1\r\n") == true)
        #expect(request?.header("x-project-uid") == "6400000000000000000000ab")
    }

    @Test(.timeLimit(.minutes(1))) func saysWhyAProbeFailed() async throws {
        let refused = try RefusedPort()
        defer { refused.release() }
        let destination = try PersonalizeEdgeDestination(
            definition { $0.edgeURL = "http://127.0.0.1:\(refused.number)" }, version: "1")
        let failure = await #expect(throws: DestinationFailure.self) { try await destination.probe() }
        #expect(failure?.diagnostic.message.contains("connection refused") == true)
    }
}
