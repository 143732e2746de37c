import Foundation
import SQLDatabases
import Synchronization
import TestKit
import Testing

@testable import StateStorage

/// The engine over its real state in random histories: changes of the source, faults, kills, and others at the same time,
/// held against a small model of what is true. HEADRACE_HISTORIES says how many, HEADRACE_SEED which is the first.
@Suite struct HistoryTests {
    @Test func whateverHappensTheDestinationIsTheSourceInTheEnd() async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["HEADRACE_HISTORIES"].flatMap { Int($0) } ?? 2000
        let first = environment["HEADRACE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999_999_999)
        print("histories: HEADRACE_HISTORIES=\(count) HEADRACE_SEED=\(first)")
        let folder = try HistoryFolder()
        let queue = HistoryQueue(seeds: first..<(first + UInt64(count)))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask { await Self.playAll(of: queue, in: folder, isAlone: count == 1) }
            }
        }
        #expect(queue.isEmpty, "stopped after some histories that failed")
    }

    /// Or a seed that is printed is of no use.
    @Test func equalSeedsGiveEqualHistories() async throws {
        let folder = try HistoryFolder()
        for seed: UInt64 in 1...10 {
            let traces = try await [Self.play(seed, in: folder), Self.play(seed, in: folder)].map { history in
                history.trace.map { $0.replacing(/01[0-9A-Z]{24}/, with: "ID") }
            }
            #expect(traces[0] == traces[1])
        }
    }

    private static func playAll(of queue: HistoryQueue, in folder: HistoryFolder, isAlone: Bool) async {
        while let seed = queue.next() {
            do {
                let history = try await play(seed, in: folder)
                if isAlone { print(history.trace.joined(separator: "\n")) }
                guard let violation = history.violations.first else { continue }
                Issue.record("\(violation)\nHEADRACE_SEED=\(seed)\n\(history.trace.joined(separator: "\n"))")
            } catch {
                Issue.record("\(error)\nHEADRACE_SEED=\(seed)")
            }
            queue.failed()
        }
    }

    private static func play(_ seed: UInt64, in folder: HistoryFolder) async throws -> History {
        let path = try folder.newState()
        let history = try History(seed: seed, statePath: path)
        try await withTaskExecutorPreference(history.runner) { try await history.play() }
        let verdict = try SQLiteConnection(path: path, mode: .readOnly)
            .first("PRAGMA integrity_check") { $0.text(at: 0) ?? "" }
        if verdict != "ok" { history.violate("the state file does not open clean: \(verdict ?? "")") }
        try folder.remove(path)
        return history
    }
}

/// The seeds to come; none after some have failed, since a cause shows in many.
private final class HistoryQueue: Sendable {
    private let rest: Mutex<(seeds: Range<UInt64>, failures: Int)>

    init(seeds: Range<UInt64>) { rest = Mutex((seeds, 0)) }

    var isEmpty: Bool { rest.withLock { $0.seeds.isEmpty } }

    func next() -> UInt64? {
        rest.withLock { rest in
            guard rest.failures < 3 else { return nil }
            return rest.seeds.popFirst()
        }
    }

    func failed() { rest.withLock { $0.failures += 1 } }
}

/// State files, copies of one that was made once, in memory where the machine has a file system for that.
private final class HistoryFolder: Sendable {
    private let url: URL
    private let count = Mutex(0)

    init() throws {
        let memory = "/dev/shm"
        let place =
            FileManager.default.isWritableFile(atPath: memory)
            ? URL(filePath: memory, directoryHint: .isDirectory) : FileManager.default.temporaryDirectory
        url = place.appending(path: "headrace-histories-\(UUID().uuidString.prefix(8))", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        _ = try SQLiteStateStore(path: path("new"))
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    private func path(_ name: String) -> String { url.appending(path: "\(name).db").path(percentEncoded: false) }

    func newState() throws -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        try FileManager.default.copyItem(atPath: path("new"), toPath: path("\(number)"))
        return path("\(number)")
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
}
