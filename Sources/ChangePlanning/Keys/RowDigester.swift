import Crypto
import Foundation
import SyncCore

/// Makes `RowDigest`s. The cells of the columns that typing reads are all that a row's values come of, together with
/// the rules.
struct RowDigester: Sendable {
    /// Raise it whenever equal cells under equal definitions could be typed otherwise than before: what was digested
    /// then is typed anew. `TypingRulesTests` notices when that was forgotten.
    static let typingVersion = 1

    let rules: UInt64
    private let start: SHA256
    private let columns: [Int]
    private var bytes: [UInt8] = []

    init(rules: UInt64, start: SHA256, columns: [Int]) {
        self.rules = rules
        self.start = start
        self.columns = columns
    }

    mutating func digest(row: Int, of batch: RowBatch) -> RowDigest {
        bytes.removeAll(keepingCapacity: true)
        for column in columns {
            RowCodec.append(batch.cells[row * batch.columnCount + column], of: batch.bytes, to: &bytes)
        }
        return RowDigest(rules: rules, cells: max(1, KeyRing.words(bytes, after: start).0))
    }
}

/// What the Unicode data of this program's runtime says to the filters of templates.
enum LetterTables {
    /// Of the case mappings and blanks in the planes that have any.
    static let digest: UInt64 = {
        // FNV-1a: a short name for data that nobody forges.
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
            digest = (digest ^ 0xFF) &* 0x100_0000_01B3
        }
        for scalar in (0..<0x20000).lazy.compactMap(Unicode.Scalar.init as (UInt32) -> Unicode.Scalar?) {
            let properties = scalar.properties
            if properties.isWhitespace { add("\(scalar.value)") }
            guard properties.changesWhenCaseMapped || properties.isCased else { continue }
            add(properties.uppercaseMapping)
            add(properties.lowercaseMapping)
            add(properties.titlecaseMapping)
        }
        return digest
    }()
}

extension CompiledMapping {
    /// A template with a filter that goes by Unicode's tables.
    fileprivate var filtersText: Bool {
        guard case .template(let parts) = origin else { return false }
        return parts.contains { part in
            guard case .place(let place) = part else { return false }
            return place.filters.contains { if case .date = $0 { false } else { true } }
        }
    }
}

extension RowTyper {
    /// Everything but the cells that decides what a row is typed to. `definitions` is the text of the definitions.
    func rules(definitions: String) -> String {
        let types = usedColumns.map { "\(columns[$0].name) \(columns[$0].type)" }
        // Rules of the clocks of the world, and of the letters, change with the system's data about them.
        let letters = mappings.contains(where: \.filtersText) ? LetterTables.digest : 0
        return "headrace rows \(RowDigester.typingVersion)\n\(TimeZone.timeZoneDataVersion) \(letters)\n"
            + "\(KeyRing.hex(canonical.prefix(Self.digestSize)))\n\(types.joined(separator: "\n"))\n\(definitions)"
    }

    /// Columns of the keys and the mappings, each once.
    var usedColumns: [Int] { Set(keyColumns + [matchColumn] + mappings.flatMap(\.columns)).sorted() }
}
