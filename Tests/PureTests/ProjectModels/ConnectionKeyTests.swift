import ProjectModels
import SyncCore
import TestKit
import Testing

/// `proxy`, `ca_file` and `http` of a destination.
@Suite struct ConnectionKeyTests {
    private func load(_ keys: String, environment: [String: String] = [:]) throws -> (
        project: Project?, findings: [Diagnostic]
    ) {
        try SampleProject([
            "headrace.yml": """
            version: 1
            sources: {shop: {type: sqlite, path: shop.db}}
            destinations:
              personalize:
                type: contentstack_personalize
                project_uid: abc
                \(keys)

            """,
            "models/people.yml": nil, "models/people.sql": nil,
        ]).load(environment)
    }

    @Test(arguments: [
        ("http://proxy.example:3128", "proxy.example", 3128, nil), ("http://[::1]:8080/", "::1", 8080, nil),
        ("http://me:p%40ss@10.0.0.1:1", "10.0.0.1", 1, "me:p@ss"), ("HTTP://me:@h:65535", "h", 65535, "me:"),
    ]) func readsAProxy(text: String, host: String, port: Int, credentials: String?) throws {
        let proxy = try load("proxy: \"\(text)\"").project?.destinations.first?.proxy
        #expect(proxy == ProxyDefinition(host: host, port: port, credentials: credentials.map { Secret($0) }))
    }

    @Test func aPasswordComesFromTheEnvironment() throws {
        let project = try load("proxy: \"http://me:${P}@h:1\"", environment: ["P": "SECRET"]).project
        let proxy = project?.destinations.first?.proxy
        #expect(proxy?.credentials?.reveal() == "me:SECRET")
        #expect(!"\(String(describing: proxy))".contains("SECRET"))
    }

    @Test(arguments: [
        "https://proxy:1", "http://proxy", "http://proxy:0", "http://proxy:70000", "http://proxy:1/path",
        "http://proxy:1?a", "http://proxy:1#a", "http://SECRET@proxy:1", "http://a%3Ab:SECRET@proxy:1", "proxy:1",
        "socks5://me:SECRET@proxy:1", "http://me:SE/CRET@proxy:1",
    ]) func refusesAnotherProxyWithoutShowingIt(text: String) throws {
        let findings = try load("proxy: \"\(text)\"").findings
        #expect(findings.map(\.code) == ["invalid_value"])
        #expect(findings.first?.position?.line == 7)
        for finding in findings {
            #expect(!finding.rendered().contains("SECRET") && !finding.rendered().contains("CRET@"))
        }
    }

    @Test(arguments: ["http: 1", "http: 2", "http: 2\n    edge_url: https://edge.example"])
    func readsTheVersionOfHTTP(keys: String) throws {
        let destination = try load(keys).project?.destinations.first
        #expect(destination?.http == (keys.hasPrefix("http: 1") ? .one : .two))
    }

    @Test func speaksHTTP1UnlessAskedToDoOtherwise() throws {
        #expect(try load("timeout: 3s").project?.destinations.first?.http == .one)
    }

    @Test(arguments: [
        ("http: 3", "invalid_value"), ("http: 0", "invalid_value"), ("http: two", "wrong_type"),
        ("http: 2\n    edge_url: http://127.0.0.1:8787", "http_without_tls"), ("ca_file: \"\"", "invalid_value"),
    ]) func refusesWhatCannotWork(keys: String, code: String) throws {
        let findings = try load(keys).findings
        #expect(findings.map(\.code) == [code])
        #expect(findings.first?.position?.line == 7)
    }
}
