import Foundation
import TestKit
import Testing

/// The repository is itself a project: its models hold against its own shop.
@Suite struct DemoTests {
    private func demo() async throws -> Workshop {
        let shop = try await Workshop()
        let files = FileManager.default
        for name in ["headrace.yml", "models"] {
            let copy = shop.folder.url.appending(path: name)
            if files.fileExists(atPath: copy.path(percentEncoded: false)) { try files.removeItem(at: copy) }
            try files.copyItem(at: SourceTree.root.appending(path: name), to: copy)
        }
        let made = try await RunningProcess(
            program: SourceTree.root.appending(path: "scripts/make-shop"), [shop.folder.path + "demo/shop.db"],
            in: shop.folder.url, environment: HeadraceProcess.environment()
        ).end()
        #expect(made.exit == 0, "\(made.stderr)")
        return shop
    }

    @Test func theDemoIsWithoutAnError() async throws {
        let shop = try await demo()
        let check = try await shop.check()
        #expect(check.exit == 0)
        #expect(check.findings.allSatisfy { $0.severity != "error" }, "\(check.findings)")
    }

    @Test func theDemoHasThreeModelsThatRun() async throws {
        let shop = try await demo()
        let text = try shop.folder.text(of: "headrace.yml")
        try shop.folder.write(["headrace.yml": text.replacing("http://127.0.0.1:8787", with: shop.simulator.url)])
        let output = try await shop.headrace("run", "--output", "json")
        let lines: [ReportedRun] = try Workshop.lines(of: output)
        #expect(Set(lines.map(\.model)).count >= 3)
        for line in lines {
            expectBalanced(line)
            #expect(line.operations.confirmed > 1000 && line.operations == .allConfirmed(line.operations.planned))
        }
        // Some rows of the shop do not fit, on purpose.
        #expect(output.exit == 3)
    }
}
