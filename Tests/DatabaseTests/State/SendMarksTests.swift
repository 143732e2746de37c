import Foundation
import SyncCore
import TestKit
import Testing

@testable import StateStorage

/// What a killed run says of how far it had sent. Nothing that never left can arrive late.
@Suite struct SendMarksTests {
    @Test func onlyWhatHadLeftIsSentOnceMore() async throws {
        let dirty = try await dirtyAfterAKill { mark in
            mark.leaves(2)
            mark.leaves(1)
            mark.release()
        }
        #expect(dirty.first == [1, 2, 3, 4], "whoever is in the window is sent again in any case")
        #expect(dirty.second == [1, 2])
    }

    /// It could not write its outcomes, and said so: its delivery is still open.
    @Test func aRunThatFailedHasAMarkToo() async throws {
        let dirty = try await dirtyAfterAKill(status: .failed) { mark in
            mark.leaves(2)
            mark.release()
        }
        #expect(dirty.first == [1, 2, 3, 4])
        #expect(dirty.second == [1, 2])
    }

    @Test func nothingLeft() async throws {
        let dirty = try await dirtyAfterAKill { $0.release() }
        #expect(dirty.first == [1, 2, 3, 4])
        #expect(dirty.second == [])
    }

    @Test func betweenTwoStepsThoseUpToTheNextCountAsSent() async throws {
        let dirty = try await dirtyAfterAKill(step: 3) { mark in
            mark.leaves(1)
            mark.leaves(2)
            mark.release()
        }
        #expect(dirty.second == [1, 2, 3])
    }

    /// The second step's end is behind the window's: nobody beyond that was ever handed over.
    @Test func noMarkGoesBeyondTheWindow() async throws {
        let dirty = try await dirtyAfterAKill(step: 3) { mark in
            mark.leaves(1)
            mark.leaves(4)
            mark.release()
        }
        #expect(dirty.second == [1, 2, 3, 4])
    }

    @Test func theMarkOfAProcessThatLivesIsNotFinal() async throws {
        var kept: (any SendMark)?
        let dirty = try await dirtyAfterAKill { mark in
            mark.leaves(1)
            kept = mark
        }
        #expect(dirty.second == [1, 2, 3, 4])
        kept?.leaves(2)
        kept?.release()
    }

    /// Its last writes may never have reached the disk, where the folder is on one.
    @Test func theMarkOfAnEarlierStartOfTheMachineSaysNothing() async throws {
        let dirty = try await dirtyAfterAKill(nextBoot: "boot-2") { mark in
            mark.leaves(1)
            mark.release()
        }
        #expect(dirty.second == [1, 2, 3, 4])
    }

    @Test func withoutAFileTheWholeWindowCounts() async throws {
        let dirty = try await dirtyAfterAKill { $0.remove() }
        #expect(dirty.second == [1, 2, 3, 4])
    }

    @Test(arguments: ["", "half", "more than there is to say, by somebody else"]) func strangeBytesSayNothing(
        bytes: String
    ) async throws {
        let dirty = try await dirtyAfterAKill { mark in
            mark.leaves(1)
            mark.release()
        } spoil: { path in
            try Data(bytes.utf8).write(to: URL(filePath: path))
        }
        #expect(dirty.second == [1, 2, 3, 4])
    }

    @Test func aNumberBelowZeroSaysNothing() async throws {
        let dirty = try await dirtyAfterAKill { mark in
            mark.leaves(1)
            mark.release()
        } spoil: { path in
            let machine = Array(try Data(contentsOf: URL(filePath: path)).dropFirst(8))
            try Data([UInt8](repeating: 0xFF, count: 8) + machine).write(to: URL(filePath: path))
        }
        #expect(dirty.second == [1, 2, 3, 4])
    }

    /// What is given up is written no more, so that a number that stayed would be too low.
    @Test func aFileThatCannotBeRemovedSaysNothing() async throws {
        try await withScratchFolder { folder async throws in
            let marks = SendMarks(folder: folder, bootID: "boot")
            let run = RunID(milliseconds: 1, random: (2, 3))
            let (path, elsewhere) = ("\(folder)/headrace-sent-\(run)", "\(folder)/elsewhere")
            let mark = try #require(marks.begin(run, step: 1))
            mark.leaves(1)
            try FileManager.default.moveItem(atPath: path, toPath: elsewhere)
            mark.remove()
            mark.leaves(2)
            try FileManager.default.moveItem(atPath: elsewhere, toPath: path)
            #expect(marks.lastSent(by: run) == nil)
        }
    }

    @Test func aLinkIsNotFollowed() async throws {
        let dirty = try await dirtyAfterAKill { mark in
            mark.leaves(1)
            mark.release()
        } spoil: { path in
            try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".moved")
        }
        #expect(dirty.second == [1, 2, 3, 4])
    }

    @Test func aFileGoesWithItsRun() async throws {
        try await withScratchFolder { folder async throws in
            let marks = SendMarks(folder: folder, bootID: "boot")
            let run = RunID(milliseconds: 1, random: (2, 3))
            func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder) }
            let mark = try #require(marks.begin(run, step: 1))
            #expect(try files() == ["headrace-sent-\(run)"])
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/headrace-sent-\(run)")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            mark.remove()
            #expect(try files() == [])
            // A machine that does not say when it was started, and one without the folder.
            #expect(SendMarks(folder: folder, bootID: "").begin(run, step: 1) == nil)
            #expect(SendMarks(folder: folder + "/none", bootID: "boot").begin(run, step: 1) == nil)
            #expect(try files() == [])
        }
    }

    /// Run 2 has users 1 to 4 of 6 in its window and ends as `ending` says; run 3 confirms other values. Returns who is
    /// dirty before run 3 and before run 4.
    private func dirtyAfterAKill(
        step: Int = 1, status: RunStatus = .delivering, nextBoot: String = "boot",
        _ ending: (any SendMark) throws -> Void,
        spoil: (_ path: String) throws -> Void = { _ in }
    ) async throws -> (first: Set<Int>, second: Set<Int>) {
        try await withScratchFolder { folder async throws in
            func bench(_ boot: String) throws -> StateStoreBench {
                let marks = SendMarks(folder: folder, bootID: boot)
                return StateStoreBench(try SQLiteStateStore(path: folder + "/state.db", marks: marks))
            }
            let killed = try bench("boot")
            try await killed.confirm(1...6, run: 1)
            let run = killed.identifier(2)
            let plan = try await killed.plan(2, (1...6).map { killed.operation($0, kind: .changed, generation: 2) })
            var report = try await killed.delivery(2, of: plan)
            let mark = try #require(await killed.store.beginSendMark(of: run, step: step))
            try await killed.store.commit([], openThrough: 4, plan: plan.planID, run: run)
            try ending(mark)
            report.status = status
            try await killed.store.saveRun(report)
            try spoil("\(folder)/headrace-sent-\(run)")

            let next = try bench(nextBoot)
            func recover(_ run: Int) async throws {
                _ = try await next.store.recoverRuns(of: next.sync, except: next.identifier(run), at: next.start)
            }
            try await recover(3)
            let first = try await StateStoreSuite.dirty(next)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { !$0.hasSuffix(run.text) })

            try await next.confirm(1...6, kind: .changed, generation: 3, run: 3)
            try await recover(4)
            return (first, try await StateStoreSuite.dirty(next))
        }
    }
}
