import Foundation
import TestKit
import Testing

/// Where the witness is, what it makes of copies and deleted states, and that trouble with it stops nothing.
@Suite struct WitnessTests {
    static let users = 3
    static let state = ".headrace/state.db"

    private func shop() async throws -> Workshop {
        let shop = try await Workshop(rows: Workshop.plainRows(Self.users))
        #expect(try await shop.run().operations == .allConfirmed(Self.users))
        return shop
    }

    private func files(_ shop: Workshop, _ folder: String = "xdg") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: shop.folder.path + folder + "/headrace/witness").sorted()
    }

    @Test func isForItsOwnerOnlyAndNamedByTheState() async throws {
        let shop = try await shop()
        let info = try #require(try await shop.headrace("state", "info", "--output", "json").json.first)
        let path = try #require(info["witness"] as? String)
        let names = try files(shop)
        #expect(names.count == 2 && path.hasSuffix("/xdg/headrace/witness/\(names[0])"))
        func permissions(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try permissions(path) == 0o600)
        #expect(try permissions((path as NSString).deletingLastPathComponent) == 0o700)
        let epoch = try await shop.sql("SELECT value FROM meta WHERE name = 'epoch'", database: Self.state)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == epoch + "\n")
    }

    @Test func oneOfTwoCopiesOfAProjectIsOldWheneverTheOtherSent() async throws {
        let shop = try await shop()
        let second = shop.folder.url.appending(path: "second")
        try FileManager.default.createDirectory(at: second, withIntermediateDirectories: true)
        for name in ["headrace.yml", "models", ".headrace"] {
            try FileManager.default.copyItem(
                at: shop.folder.url.appending(path: name), to: second.appending(path: name))
        }
        try FileManager.default.createSymbolicLink(
            at: second.appending(path: "shop.db"), withDestinationURL: shop.folder.url.appending(path: "shop.db"))
        func run(_ project: String, _ flags: String...) async throws -> Int32 {
            try await shop.start(["run", "--project", project] + flags).end().exit
        }
        try await shop.sql("UPDATE members SET points = points + 1")
        #expect(try await run(".") == 0)
        #expect(try await run("second") == 4)
        #expect(try await run("second", "--override-guards") == 0)
        try await shop.sql("UPDATE members SET points = points - 1")
        #expect(try await run(".") == 4)
        #expect(try await run(".", "--override-guards") == 0)
        try await shop.expectEqualMembers()
        #expect(try await run("second") == 4)
    }

    @Test(arguments: [false, true]) func aDeletedStateSendsEveryoneAndIsTheLivingOneFromThenOn(keepsKey: Bool)
        async throws
    {
        let shop = try await shop()
        let key = try shop.folder.text(of: ".headrace/key")
        try shop.copy(Self.state, to: "copy.db")
        try shop.folder.remove(keepsKey ? Self.state : ".headrace")
        try await shop.sql("UPDATE members SET points = points + 1")
        let output = try await shop.headrace("run", "--output", "json")
        #expect(try Workshop.run(from: output).operations == .allConfirmed(Self.users))
        #expect(output.stderr.contains("the state is new where there was one before"), "\(output.stderr)")
        #expect(try await shop.headrace("run").stderr.isEmpty)
        try await shop.sql("UPDATE members SET points = points - 1")
        try shop.copy("copy.db", to: Self.state)
        try shop.folder.write([".headrace/key": key])
        #expect(try await shop.run().exit == 4)
        #expect(try await shop.run("--override-guards").operations == .allConfirmed(Self.users))
        try await shop.expectEqualMembers()
    }

    @Test func aMachineThatNeverSawTheStateHasNoDoubt() async throws {
        let shop = try await shop()
        try await shop.sql("UPDATE members SET points = points + 1")
        let elsewhere = ["XDG_STATE_HOME": shop.folder.path + "elsewhere"]
        let output = try await shop.headrace("run", environment: elsewhere)
        #expect(output.exit == 0 && output.stderr.isEmpty, "\(output.stderr)")
        #expect(try files(shop, "elsewhere").count == 2)
    }

    @Test func aRelativeFolderDoesNotCount() async throws {
        let shop = try await shop()
        let home = ["XDG_STATE_HOME": "relative", "HOME": shop.folder.path + "home"]
        #expect(try await shop.headrace("run", environment: home).exit == 0)
        try await shop.sql("UPDATE members SET points = points + 1")
        #expect(try await shop.headrace("run", environment: home).exit == 0)
        #expect(try files(shop, "home/.local/state").count == 2)
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path + "relative"))
    }

    /// Of a folder that cannot be made, one that cannot be written, and none at all.
    @Test(arguments: ["shop.db/xdg", "/proc", ""]) func aWitnessThatCannotBeWrittenIsSaidOnce(place: String)
        async throws
    {
        let shop = try await Workshop(rows: Workshop.plainRows(Self.users))
        let folder = place.isEmpty || place.hasPrefix("/") ? place : shop.folder.path + place
        let output = try await shop.headrace("run", environment: ["XDG_STATE_HOME": folder, "HOME": ""])
        #expect(output.exit == 0)
        #expect(output.stderr.split(separator: "\n").count == 1, "\(output.stderr)")
        #expect(output.stderr.contains("old copy of the state would not be noticed"))
        #expect(try await shop.simulator.stats().users == Self.users)
        let looking = try await shop.headrace("status", environment: ["XDG_STATE_HOME": folder, "HOME": ""])
        #expect(looking.exit == 0 && looking.stderr.isEmpty)
    }

    @Test func aGarbledWitnessIsSaidAndWrittenAnew() async throws {
        let shop = try await shop()
        let name = "xdg/headrace/witness/" + (try files(shop)[0])
        try shop.copy(Self.state, to: "copy.db")
        try shop.folder.write([name: "57 not an epoch\n"])
        try await shop.sql("UPDATE members SET points = points + 1")
        let output = try await shop.headrace("run")
        #expect(output.exit == 0)
        #expect(output.stderr.contains("holds no epoch"), "\(output.stderr)")
        #expect(try await shop.headrace("run").stderr.isEmpty)
        try shop.copy("copy.db", to: Self.state)
        #expect(try await shop.run().exit == 4)
    }
}
