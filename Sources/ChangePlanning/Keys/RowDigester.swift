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

extension RowTyper {
    /// Everything but the cells that decides what a row is typed to. `definitions` is the text of the definitions.
    func rules(definitions: String) -> String {
        let types = usedColumns.map { "\(columns[$0].name) \(columns[$0].type)" }
        // Rules of the clocks of the world change with the system's data about them.
        return "headrace rows \(RowDigester.typingVersion)\n\(TimeZone.timeZoneDataVersion)\n"
            + "\(KeyRing.hex(canonical.prefix(Self.digestSize)))\n\(types.joined(separator: "\n"))\n\(definitions)"
    }

    /// Columns of the keys and the mappings, each once.
    var usedColumns: [Int] { Set(keyColumns + [matchColumn] + mappings.flatMap(\.columns)).sorted() }
}
