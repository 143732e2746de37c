import Foundation
import StateStorage
import SyncCore
import TestKit
import Testing

@Suite struct SpillFolderTests {
    @Test func filesHaveNoNameAndGiveBackWhatTheyWereGiven() async throws {
        try await withScratchFolder { folder async throws in
            let space = SpillFolder(folder: folder)
            let files = try (0..<3).map { _ in try space.makeFile() }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
            for (index, file) in files.enumerated() {
                try file.write(Array(bytes.dropFirst(index)), at: 0)
                try file.write([1, 2, 3], at: 400_000)
            }
            for (index, file) in files.enumerated() {
                #expect(try file.read(299_000, at: 500) == Array(bytes.dropFirst(index + 500).prefix(299_000)))
                #expect(try file.read(3, at: 400_000) == [1, 2, 3])
                #expect(throws: StateFailure.self) { try file.read(1, at: 500_000) }
            }
        }
    }

    @Test func aFolderThatIsNotThereIsAStorageFailure() {
        #expect { try SpillFolder(folder: "/nowhere/at/all").makeFile() } throws: { error in
            let failure = error as? StateFailure
            return failure?.kind == .storage && failure?.diagnostic.code == "spill_failed"
                && failure?.diagnostic.message.contains("No such file or directory") == true
        }
    }
}
