internal import Foundation
internal import SyncCore

/// Lists that the state keeps as JSON text, for people who query its views.
enum StateJSON {
    private struct Verdict: Codable {
        var name: String, limit: Double?, actual: Double?, tripped: Bool, detail: String?
    }

    private struct Row: Codable {
        var key: String?, column: String?, value: String?, expected: String?, reason: String
    }

    static func text(of guards: [GuardResult]) throws -> String {
        try encode(
            guards.map {
                Verdict(name: $0.name, limit: $0.limit, actual: $0.actual, tripped: $0.tripped, detail: $0.detail)
            })
    }

    static func guards(_ text: String) throws -> [GuardResult] {
        try decode([Verdict].self, text).map {
            GuardResult(name: $0.name, limit: $0.limit, actual: $0.actual, tripped: $0.tripped, detail: $0.detail)
        }
    }

    static func text(of rows: [InvalidRow]) throws -> String {
        try encode(
            rows.map {
                Row(key: $0.key, column: $0.column, value: $0.value, expected: $0.expected, reason: $0.reason)
            })
    }

    static func invalidRows(_ text: String) throws -> [InvalidRow] {
        try decode([Row].self, text).map {
            InvalidRow(key: $0.key, column: $0.column, value: $0.value, expected: $0.expected, reason: $0.reason)
        }
    }

    private struct Reading: Codable {
        struct Mark: Codable { var kind: String, value: String }
        var column: String, from: Mark?, base: Mark?, reason: String?, reached: Mark?, hold: String?, digest: String
    }

    static func text(of reading: ModelReading) throws -> String {
        func mark(_ mark: CursorMark?) -> Reading.Mark? {
            mark.map { Reading.Mark(kind: $0.kind.rawValue, value: $0.value) }
        }
        return try encode(
            Reading(
                column: reading.column, from: mark(reading.from), base: mark(reading.base),
                reason: reading.reason?.rawValue, reached: mark(reading.reached), hold: reading.hold?.rawValue,
                digest: reading.digest))
    }

    static func reading(_ text: String) throws -> ModelReading {
        let stored = try decode(Reading.self, text)
        func mark(_ mark: Reading.Mark?) throws -> CursorMark? {
            try mark.map { CursorMark(try word($0.kind), $0.value) }
        }
        var reading = ModelReading(
            column: stored.column, digest: stored.digest, reason: try stored.reason.map { try word($0) })
        (reading.from, reading.base, reading.reached) = (
            try mark(stored.from), try mark(stored.base), try mark(stored.reached)
        )
        reading.hold = try stored.hold.map { try word($0) }
        return reading
    }

    private static func word<Word: RawRepresentable<String>>(_ text: String) throws -> Word {
        guard let word = Word(rawValue: text) else {
            throw SQLiteStateStore.inconsistent("the state holds an unknown word for what a plan read")
        }
        return word
    }

    /// Written by hand: an operation a line of the plan has one.
    static func bytes(of names: [String]) -> [UInt8] {
        var bytes = [UInt8(ascii: "[")]
        for name in names {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            AttributeValue.appendJSONString(name, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    static func names(_ text: String) throws -> [String] { try decode([String].self, text) }

    private static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A number that JSON does not have must not cost the whole report.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: Data(text.utf8))
    }
}
