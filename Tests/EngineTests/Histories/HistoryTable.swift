import SyncCore
import TestKit

/// One row of a model's table; few values, so that a change back is frequent.
struct HistoryRow: Hashable, Sendable, CustomStringConvertible {
    var id: Int64
    var uid: String
    var tier: String?
    var points: Int64?
    var segment: String?
    /// The points are text.
    var isBroken = false

    var hasUID: Bool { UserUID(uid) != nil }
    var description: String {
        "\(id):\(uid) \(tier ?? "-") \(isBroken ? "x" : points.map { "\($0)" } ?? "-") \(segment ?? "-")"
    }

    func append(to batch: inout RowBatch) {
        batch.cells += [
            .integer(id), .text(batch.store(uid.utf8)), tier.map { .text(batch.store($0.utf8)) } ?? .null,
            isBroken ? .text(batch.store("x".utf8)) : points.map { .integer($0) } ?? .null,
            segment.map { .text(batch.store($0.utf8)) } ?? .null,
        ]
    }

    /// What a sync of the table would have the destination hold: JSON text by attribute; a skipped null is missing.
    func values(_ sync: SyncDefinition) -> [String: String] {
        let name = sync.name
        var values: [String: String] = [:]
        values["\(name)_tier"] = tier.map { "\"\($0)\"" }
        values["\(name)_segment"] = segment.map { "\"\($0)\"" }
        if let points {
            values["\(name)_points"] = "\(points)"
        } else {
            switch sync.mappings[1].onNull {
            case .skip: break
            case .null: values["\(name)_points"] = "null"
            case .constant: values["\(name)_points"] = "0"
            }
        }
        return values
    }
}

/// A table at one moment, and what the contract makes of its rows.
struct HistoryTable: Hashable, Sendable, CustomStringConvertible {
    private(set) var rows: [HistoryRow] = []

    var description: String { rows.map(\.description).joined(separator: " | ") }

    /// Alone with its key and its uid, and of values that fit.
    func isValid(_ row: HistoryRow) -> Bool {
        !row.isBroken && row.hasUID && rows.count { $0.id == row.id } == 1 && rows.count { $0.uid == row.uid } == 1
    }

    var validRows: [HistoryRow] { rows.filter(isValid) }
    func validRow(of uid: String) -> HistoryRow? { rows.first { $0.uid == uid && isValid($0) } }
    func names(_ uid: String) -> Bool { rows.contains { $0.uid == uid } }
    func hasInvalidRow(key: Int64) -> Bool { rows.contains { $0.id == key && !isValid($0) } }

    /// One edit. `earlier` are tables that a row may get its old values back from.
    mutating func change(users: Int, earlier: [HistoryTable], using random: inout SplitMix) {
        let id = Int64.random(in: 1...Int64(users), using: &random)
        guard let place = rows.indices.randomElement(using: &random), Int.random(in: 0..<4, using: &random) > 0 else {
            let isTaken = rows.contains { $0.id == id }
            if isTaken, Int.random(in: 0..<6, using: &random) > 0 { return }
            return rows.append(Self.row(id, "u\(id)", using: &random))
        }
        switch Int.random(in: 0..<16, using: &random) {
        case 0, 1: rows.remove(at: place)
        case 2: rows[place].tier = nil
        case 3: rows[place].points = nil
        case 4: rows[place].isBroken.toggle()
        case 5: rows[place].uid = "u\(id)"
        case 6: rows[place].id = id
        case 7:
            let other = rows.indices.randomElement(using: &random) ?? place
            (rows[place].uid, rows[other].uid) = (rows[other].uid, rows[place].uid)
        case 8: rows[place].uid = rows[place].hasUID ? "no uid" : "u\(rows[place].id)"
        case 9, 10, 11:
            let old = earlier.randomElement(using: &random)?.rows.first { $0.id == rows[place].id }
            if let old { rows[place] = old }
        case 12: rows[place].segment = ["s1", "s2", nil].randomElement(using: &random) ?? nil
        case 13: rows[place].tier = ["gold", "silver"].randomElement(using: &random)
        default: rows[place].points = .random(in: 0...2, using: &random)
        }
    }

    private static func row(_ id: Int64, _ uid: String, using random: inout SplitMix) -> HistoryRow {
        HistoryRow(
            id: id, uid: uid, tier: ["gold", "silver", nil].randomElement(using: &random) ?? nil,
            points: [0, 1, 2, nil].randomElement(using: &random) ?? nil,
            segment: ["s1", "s2", nil].randomElement(using: &random) ?? nil)
    }
}
