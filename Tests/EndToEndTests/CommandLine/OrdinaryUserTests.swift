import Foundation
import TestKit
import Testing

/// Headrace as most run it: without root's rights.
@Suite struct OrdinaryUserTests {
    private func ordinary(_ shop: Workshop, _ arguments: [String]) async throws -> HeadraceProcess.Output {
        let program = try HeadraceProcess.executable().path(percentEncoded: false)
        let own = ["XDG_STATE_HOME": shop.folder.path + "xdg"]
        // Root stays the owner of the test's folder, but may no more than an owner may.
        let taken = "-net_admin,-net_raw,-dac_override,-dac_read_search"
        let isRoot = getuid() == 0
        let process = try RunningProcess(
            program: URL(filePath: isRoot ? "/usr/bin/setpriv" : program),
            (isRoot ? ["--bounding-set=\(taken)", "--inh-caps=\(taken)", program] : []) + arguments,
            in: shop.folder.url, environment: HeadraceProcess.environment(own))
        return await process.end(timeout: 60)
    }

    @Test func sendsWithoutAnyRightOverTheNetwork() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        let run = try await ordinary(shop, ["run"])
        #expect(run.exit == 0, "\(run.stdout)\(run.stderr)")
        try await shop.expectEqualMembers()
    }

    @Test(arguments: [
        ["status"], ["runs"], ["state", "info"], ["retry"], ["state", "reset", "loyalty", "--yes"], ["cancel", "01M8"],
        ["state", "prune"],
    ]) func aStateThatCannotBeReadIsNotTakenForNone(command: [String]) async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        #expect(try await shop.run().exit == 0)
        let state = shop.folder.path + ".headrace"
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: state)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: state) }
        let output = try await ordinary(shop, command)
        #expect(output.exit == 1, "\(output.stdout)\(output.stderr)")
        #expect(output.stderr.contains("state_storage"), "\(output.stderr)")
    }
}
