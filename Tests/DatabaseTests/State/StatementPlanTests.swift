import SQLDatabases
import SyncCore
import TestKit
import Testing

@testable import StateStorage

/// How SQLite goes through the state's tables: a range of one table gone through for every row of another takes a day
/// where a look by key takes seconds, and no small test would notice.
@Suite struct StatementPlanTests {
    @Test func noTableIsGoneThroughForEveryRowOfAnother() async throws {
        var seen: Set<String> = []
        var texts = 0
        for check in StateStoreSuite.checks {
            try await withScratchFolder { folder async throws in
                let store = try SQLiteStateStore(path: folder + "/state.db")
                try await check.check(StateStoreBench(store))
                for (text, loops) in try await store.nestedLoops() {
                    texts += 1
                    for loop in loops where seen.insert(text).inserted {
                        Issue.record("\(loop) in: \(text)")
                    }
                }
            }
        }
        #expect(texts > 1000)
    }
}

extension SQLiteStateStore {
    /// By cached statement: inner loops over a range that only the statement's parameters bound.
    fileprivate func nestedLoops() throws -> [(text: String, loops: [String])] {
        try connection.cachedTexts.filter { !$0.hasPrefix("PRAGMA") }.map { text in
            let plan = try connection.prepare("EXPLAIN QUERY PLAN " + text)
            var outer: [Int64: String] = [:]
            var loops: [String] = []
            while try plan.step() {
                let (parent, detail) = (plan.integer(at: 1), plan.text(at: 3) ?? "")
                let isRange = detail.hasPrefix("SCAN") || detail.contains("(rowid>?")
                if let first = outer[parent], isRange { loops.append("\(first) / \(detail)") }
                // Ranges of confirmations name the range of operations; plans and scopes are few.
                let isFew = ["SEARCH c ", "SCAN p", "SCAN s"].contains(where: detail.hasPrefix)
                if (isRange && !isFew) || detail.contains("(scope_id=?)") { outer[parent] = outer[parent] ?? detail }
            }
            return (text, loops)
        }
    }
}
