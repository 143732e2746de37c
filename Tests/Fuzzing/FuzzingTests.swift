import Foundation
import TestKit
import Testing

/// The properties of `scripts/soak`'s fuzzing, in short: the corpus, and seeded mutations of it.
@Suite struct FuzzingTests {
    private static let mutations = 5000

    @Test(arguments: FuzzTarget.allCases) func theCorpusAndItsMutationsBreakNothing(target: FuzzTarget) throws {
        let folder = SourceTree.root.appending(path: "Tests/Fuzzing/Corpus/\(target.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let corpus = try files.map { [UInt8](try Data(contentsOf: $0)) }
        try #require(!corpus.isEmpty)
        for (file, bytes) in zip(files, corpus) {
            let violation = target.violation(bytes)
            #expect(violation == nil, "\(target), \(file.lastPathComponent)")
        }
        let seed = UInt64.random(in: 0 ... .max)
        var mutator = Mutator(corpus: corpus, seed: seed)
        for _ in 0..<(target == .yaml ? Self.mutations / 10 : Self.mutations) {
            let bytes = mutator.next()
            let violation = target.violation(bytes)
            try #require(violation == nil, "\(target), seed \(seed), \(Data(bytes).base64EncodedString())")
        }
    }
}

/// Repeatable changes of a corpus: bytes flipped, put in, taken out and copied from another file.
private struct Mutator {
    private let corpus: [[UInt8]]
    private var random: SplitMix

    init(corpus: [[UInt8]], seed: UInt64) {
        // Folders are listed in any order; a seed must mean the same everywhere.
        self.corpus = corpus.sorted { $0.lexicographicallyPrecedes($1) }
        random = SplitMix(state: seed)
    }

    mutating func next() -> [UInt8] {
        var bytes = corpus.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, index + Int.random(in: 1...8, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where index < bytes.count: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1 where index < bytes.count: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.removeSubrange(index..<end)
            case 3:
                let other = corpus.randomElement(using: &random) ?? []
                let start = Int.random(in: 0...other.count, using: &random)
                bytes.insert(contentsOf: other[start...].prefix(end - index), at: index)
            default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            }
        }
        return bytes
    }
}
