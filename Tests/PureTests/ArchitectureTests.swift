import Foundation
import TestKit
import Testing

/// Keeps the arrows honest: SwiftPM accepts an undeclared import whenever the other module was built before.
@Suite struct ArchitectureTests {
    /// What each target may import of ours; `docs/how-a-run-works.md` draws it.
    static let mayImport: [String: Set<String>] = [
        "SyncCore": [],
        "SQLDatabases": ["SyncCore", "CSQLite", "CLibPQ"],
        "ProjectModels": ["SyncCore"],
        "ChangePlanning": ["SyncCore"],
        "Delivery": ["SyncCore"],
        "StateStorage": ["SyncCore", "SQLDatabases"],
        "OutboundHTTP": ["SyncCore"],
        "Contentstack": ["SyncCore", "OutboundHTTP"],
        "SyncEngine": ["SyncCore", "ProjectModels", "ChangePlanning", "Delivery"],
        "PersonalizeSimulator": [],
        "headrace": [
            "SyncCore", "SQLDatabases", "ProjectModels", "ChangePlanning", "Delivery", "StateStorage", "OutboundHTTP",
            "Contentstack", "SyncEngine", "PersonalizeSimulator",
        ],
    ]
    static let ours = Set(mayImport.keys).union(["CSQLite", "CLibPQ"])
    static let longestFileInLines = 300

    @Test(arguments: mayImport.keys.sorted()) func importsOnlyItsLowerNeighbours(target: String) throws {
        let files = try SourceTree.swiftFiles(below: "Sources/\(target)")
        #expect(!files.isEmpty)
        let allowed = try #require(Self.mayImport[target])
        for file in files {
            for module in file.imports where Self.ours.contains(module) {
                #expect(allowed.contains(module), "\(file.name) must not import \(module)")
            }
        }
    }

    @Test func everyTargetHasItsArrows() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appending(path: "Sources").path(percentEncoded: false))
        #expect(Set(folders) == Self.ours)
    }

    @Test(arguments: ["Sources", "Tests"]) func filesAreReadInOneSitting(folder: String) throws {
        for file in try SourceTree.swiftFiles(below: folder) {
            // The final newline is no line.
            let count = file.lines.count - 1
            #expect(count <= Self.longestFileInLines, "\(file.name) has \(count) lines")
        }
    }

    @Test func pointersStayInTheBindings() throws {
        for target in Self.mayImport.keys.sorted() where target != "SQLDatabases" {
            for file in try SourceTree.swiftFiles(below: "Sources/\(target)") {
                for word in ["OpaquePointer", "UnsafeMutablePointer", "UnsafePointer"] {
                    #expect(!file.text.contains(word), "\(file.name) uses \(word)")
                }
            }
        }
    }

    @Test func uncheckedSendabilityIsWithinItsBudgetOfTwo() throws {
        let uses = try SourceTree.swiftFiles(below: "Sources").filter { $0.text.contains("@unchecked Sendable") }
        #expect(uses.count <= 2, "\(uses.map(\.name))")
    }
}
