import Foundation
import TestKit
import Testing

/// Holds the composition and the demo's files against what they refer to. No container engine is needed.
@Suite(.timeLimit(.minutes(2))) struct PackagingTests {
    /// The repository's top: Tests/EndToEndTests/Packaging/ is three levels below it.
    private static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test func theCompositionIsAcceptedAndHasTheThreeServices() throws {
        let services = try Self.output(of: "docker-compose", ["config", "--services"], package: "docker-compose")
        #expect(Set(services.split(separator: "\n")) == ["postgres", "simulator", "headrace"])
        let config = try Self.output(of: "docker-compose", ["config"], package: "docker-compose")
        #expect(config.matches(of: /condition: service_healthy/).count == 2)
        #expect(config.matches(of: /healthcheck:/).count == 2)
        #expect(!config.contains("ports:"), "the composition publishes a port")
        #expect(config.firstMatch(of: /(?i)password: *\S/) == nil, "the composition holds a password")
    }

    @Test func everyPathOfTheCompositionExists() throws {
        let config = try Self.output(of: "docker-compose", ["config"], package: "docker-compose")
        let paths = config.matches(of: /(?m)^ *- (\/[^:\n]+):\/[^:\n]+:ro$/).map { String($0.output.1) }
        #expect(paths.count == 3)
        for path in paths { #expect(FileManager.default.fileExists(atPath: path), "\(path) is missing") }
        let context = try #require(config.firstMatch(of: /context: (\S+)/)).output.1
        #expect(FileManager.default.fileExists(atPath: context + "/Dockerfile"))
    }

    @Test func everyPathTheDockerfileCopiesExists() throws {
        let text = try Self.text(of: "Dockerfile")
        let sources = text.matches(of: /(?m)^COPY (?!--from)(\S+) \S+$/).map { String($0.output.1) }
        #expect(sources == ["Package.swift", "Sources", "Tests"])
        for path in sources { #expect(FileManager.default.fileExists(atPath: Self.top.appending(path: path).path)) }
        #expect(text.contains("USER headrace"))
    }

    @Test(arguments: ["", "scripts/docker/project/"])
    func everyModelOfAProjectHasItsStatement(project: String) throws {
        let folder = Self.top.appending(path: project + "models")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let definitions = Set(names.filter { $0.hasSuffix(".yml") }.map { $0.dropLast(4) }).subtracting(["attributes"])
        let statements = Set(names.filter { $0.hasSuffix(".sql") }.map { $0.dropLast(4) })
        #expect(definitions == ["loyalty", "audiences", "churn"])
        #expect(statements == definitions)
    }

    @Test func bothProjectsSyncTheSame() throws {
        for name in ["attributes", "loyalty", "audiences", "churn"] {
            let ours = try Self.text(of: "models/\(name).yml")
            #expect(try Self.text(of: "scripts/docker/project/models/\(name).yml") == ours)
        }
    }

    @Test(arguments: ["scripts/demo", "scripts/test", "scripts/soak", "scripts/make-shop", ".ci/run"])
    func everyScriptIsExecutableAndBash(script: String) throws {
        #expect(FileManager.default.isExecutableFile(atPath: Self.top.appending(path: script).path))
        #expect(try Self.text(of: script).hasPrefix("#!/bin/bash\n"))
        _ = try Self.output(of: "bash", ["-n", script], package: "bash")
    }

    @Test func theSameCallAlwaysMakesTheSameShop() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shop-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var dumps: [String] = []
        for name in ["a.db", "b.db"] {
            let shop = folder.appending(path: name).path
            _ = try Self.output(of: "scripts/make-shop", [shop], package: "sqlite3")
            _ = try Self.output(of: "scripts/make-shop", ["--change", shop], package: "sqlite3")
            dumps.append(try Self.output(of: "sqlite3", [shop, ".dump"], package: "sqlite3"))
        }
        #expect(dumps[0] == dumps[1])
        #expect(dumps[0].matches(of: /INSERT INTO customers VALUES/).count == 4_000, "one left and one arrived")
    }

    /// Standard output of a command that must succeed, run at the repository's top.
    private static func output(of command: String, _ arguments: [String], package: String) throws -> String {
        let running = try RunningProcess(
            program: URL(filePath: "/usr/bin/env"), [command] + arguments, in: top,
            environment: ProcessInfo.processInfo.environment)
        let output = running.finish(timeout: 120)
        try #require(
            output.exit == 0,
            "\(command) failed; install Debian's package \(package) if it is missing: \(output.stderr)")
        return output.stdout
    }

    private static func text(of path: String) throws -> String {
        try String(contentsOf: top.appending(path: path), encoding: .utf8)
    }
}
