import Contentstack
import Foundation
import SyncCore
import TestKit
import Testing

@Suite struct LoginStoreTests {
    private static func login(_ token: String = "secret-token") -> StoredLogin {
        StoredLogin(
            method: .oauth, token: Secret(token), refreshToken: Secret("secret-refresh"),
            expiresAt: Date(timeIntervalSince1970: 1_800_000_000), userUID: "u", email: "a@example.com",
            organizationUID: "o", loggedInAt: Date(timeIntervalSince1970: 1_700_000_000))
    }

    @Test func whatIsKeptIsReadBackAndTakenAway() async throws {
        try await withScratchFolder { folder async throws in
            let store = LoginStore(folder: folder + "/a/b")
            #expect(try store.login(named: "x") == nil)
            try store.keep(Self.login(), as: "x")
            try store.keep(Self.login("other"), as: "y")
            #expect(try store.login(named: "x") == Self.login())
            try store.keep(nil, as: "x")
            #expect(try store.login(named: "x") == nil)
            #expect(try store.login(named: "y")?.credential.token.reveal() == "other")
        }
    }

    @Test func nobodyElseMayReadIt() async throws {
        try await withScratchFolder { folder async throws in
            let store = LoginStore(folder: folder + "/headrace")
            try store.keep(Self.login(), as: "x")
            let files = FileManager.default
            #expect(try files.attributesOfItem(atPath: store.path)[.posixPermissions] as? Int == 0o600)
            #expect(try files.attributesOfItem(atPath: folder + "/headrace")[.posixPermissions] as? Int == 0o700)
            #expect(try files.contentsOfDirectory(atPath: folder + "/headrace") == ["logins.json"])

            try files.setAttributes([.posixPermissions: 0o640], ofItemAtPath: store.path)
            let failure = #expect(throws: Diagnostic.self) { try store.login(named: "x") }
            #expect(failure?.code == "logins_unreadable")
            #expect(failure?.message.contains("may be read by others") == true)
            #expect(failure?.hint?.contains("chmod 600") == true)
        }
    }

    @Test(arguments: ["", "{", "[]", #"{"version":1,"logins":{"x":{"method":"magic"}}}"#])
    func whatIsNoLoginIsRefused(content: String) async throws {
        try await withScratchFolder { folder async throws in
            let store = LoginStore(folder: folder)
            try Data(content.utf8).write(to: URL(filePath: store.path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: store.path)
            let failure = #expect(throws: Diagnostic.self) { try store.login(named: "x") }
            #expect(failure?.code == "logins_unreadable")
            // Nor is it overwritten.
            #expect(throws: Diagnostic.self) { try store.keep(Self.login(), as: "x") }
            #expect(try String(contentsOfFile: store.path, encoding: .utf8) == content)
        }
    }

    @Test func aLinkIsNotFollowed() async throws {
        try await withScratchFolder { folder async throws in
            let store = LoginStore(folder: folder)
            try store.keep(Self.login(), as: "x")
            try FileManager.default.moveItem(atPath: store.path, toPath: folder + "/elsewhere")
            try FileManager.default.createSymbolicLink(
                atPath: store.path, withDestinationPath: folder + "/elsewhere")
            #expect(throws: Diagnostic.self) { try store.login(named: "x") }
        }
    }

    @Test func aLoginPrintsNothingOfItself() {
        let login = Self.login()
        for text in ["\(login)", String(reflecting: login), "\([login])"] { #expect(!text.contains("secret")) }
        var dumped = ""
        dump(login, to: &dumped)
        #expect(!dumped.contains("secret"))
    }
}
