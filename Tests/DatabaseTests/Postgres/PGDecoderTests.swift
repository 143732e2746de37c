import SyncCore
import TestKit
import Testing

@testable import SQLDatabases

/// What a server that only resembles PostgreSQL, or a broken line, may send.
@Suite struct PGDecoderTests {
    private static let decoders: [PGDecoder] = [
        .boolean, .int2, .int4, .int8, .objectID, .numeric, .float8, .float4, .text, .uuid, .date, .timestamp,
        .localTimestamp, .textArray, .json, .jsonb, .bytes, .other,
    ]

    private static func decode(_ bytes: [UInt8], as decoder: PGDecoder) -> (cell: Cell?, batch: RowBatch) {
        var batch = RowBatch(columnCount: 1)
        let cell = bytes.withUnsafeBytes { decoder.decode($0, into: &batch) }
        return (cell, batch)
    }

    private static func slice(_ cell: Cell) -> ByteSlice? {
        switch cell {
        case .text(let slice), .other(let slice), .json(let slice), .bytes(let slice), .uuid(let slice),
            .bigDecimal(let slice), .textList(let slice):
            slice
        default: nil
        }
    }

    @Test("whatever the bytes: a cell inside the batch, or none") func anyBytes() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix(state: seed)
        for round in 0..<40_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // Most fields are small numbers, and a digit of a numeric is mostly below 10,000.
            for index in bytes.indices where round % 2 == 0 && index % 2 == 0 { bytes[index] %= 3 }
            for decoder in Self.decoders {
                let (cell, batch) = Self.decode(bytes, as: decoder)
                guard let slice = cell.flatMap(Self.slice) else { continue }
                let isInside = Int(slice.offset) + Int(slice.count) == batch.bytes.count
                #expect(isInside, "\(decoder), seed \(seed), round \(round)")
            }
        }
    }

    @Test func numericsAtTheirLimits() throws {
        func text(_ fields: [UInt16]) throws -> String {
            let (cell, batch) = Self.decode(fields.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, as: .numeric)
            guard case .bigDecimal(let slice)? = cell else { return "\(String(describing: cell))" }
            return String(decoding: batch.slice(slice), as: UTF8.self)
        }
        let zeros = String(repeating: "0", count: 131_068)
        #expect(try text([1, 0x7FFF, 0, 0, 9999]) == "9999" + zeros)
        #expect(try text([1, 0xC001, 0x4000, 65535, 1]) == "-0." + String(repeating: "0", count: 65531) + "1000")
        #expect(try text([1, 0x8000, 0x4000, 65535, 1]) == "nil")
        #expect(try text([2, 0x7FFF, 0, 2, 1, 1]) == "1000" + "1" + zeros.dropLast(4) + ".00")
        #expect(try text([2, 0, 0, 0, 1]) == "nil")
        #expect(try text([1, 0, 0, 0]) == "nil")
        #expect(try text([0xFFFF, 0, 0, 0]) == "nil")
    }

    @Test("a sign or digit that is none, or more decimals than are said: no numeric")
    func numericsThatAreNone() {
        func isRead(_ fields: [UInt16]) -> Bool {
            Self.decode(fields.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, as: .numeric).cell != nil
        }
        #expect(isRead([1, 0, 0, 0, 9999]) && !isRead([1, 0, 0, 0, 10_000]))
        #expect(isRead([1, 0, 0x4000, 0, 1]) && !isRead([1, 0, 0x1000, 0, 1]))
        #expect(isRead([2, 0, 0, 1, 1, 5000]) && !isRead([2, 0, 0, 0, 1, 5000]))
        // Zeros at the end say nothing, whatever their number.
        #expect(isRead([3, 0, 0, 0, 1, 0, 0]))
    }

    @Test("an array has up to six dimensions, and without one nothing follows")
    func arraysThatAreNone() {
        func read(_ dimensions: UInt32, _ rest: [UInt8] = []) -> Cell? {
            let fields: [UInt32] = [dimensions.bigEndian, 0, UInt32(25).bigEndian]
            return Self.decode(fields.withUnsafeBytes { Array($0) } + rest, as: .textArray).cell
        }
        #expect(read(0) != nil && read(0, [0]) == nil)
        #expect(read(2) == .nestedList && read(6) == .nestedList)
        #expect(read(7) == nil && read(.max) == nil)
    }
}
