import Foundation
import StateStorage
import SyncCore
import TestKit
import Testing

@Suite struct InstallKeyFileTests {
    @Test func makesAKeyOnceForItsOwnerOnly() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/.headrace/key"
            let first = try InstallKeyFile(path: path).loadOrCreate()
            #expect(first.reveal().count == 32 && Set(first.reveal()).count > 8)
            #expect(try InstallKeyFile(path: path).loadOrCreate().reveal() == first.reveal())
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/.headrace") == ["key"])
            #expect("\(first)" == "‹key›")
        }
    }

    @Test func findsNoKeyWhereThereIsNone() async throws {
        try await withScratchFolder { folder async throws in
            #expect(try InstallKeyFile(path: folder + "/key").load() == nil)
        }
    }

    @Test(arguments: [(0o644, "key_readable_by_others"), (0o600, "key_malformed")])
    func refusesAFileThatCannotBeTrusted(permissions: Int, code: String) async throws {
        try await withScratchFolder { folder async throws in
            try Data("abc".utf8).write(to: URL(filePath: folder + "/key"))
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: folder + "/key")
            let failure = #expect(throws: StateFailure.self) { try InstallKeyFile(path: folder + "/key").load() }
            #expect(failure?.kind == .unusable && failure?.diagnostic.code == code)
        }
    }

    @Test func takesAConfiguredKeyAsItsText() throws {
        #expect(try InstallKeyFile.key(fromConfigured: Secret("é")).reveal() == [0xC3, 0xA9])
        #expect(throws: StateFailure.self) { try InstallKeyFile.key(fromConfigured: Secret("")) }
    }
}
