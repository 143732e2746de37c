import TestKit
import Testing

@testable import SQLDatabases

@Suite struct RowChecksumTests {
    private func checked(_ values: String, _ body: (SQLiteStatement) throws -> Void) async throws {
        try await withScratchFolder { folder async throws in
            let connection = try SQLiteConnection(path: folder + "/t.db", mode: .create)
            try connection.defineRowChecks()
            let statement = try connection.prepare("SELECT row_checksum(\(values)), \(values)")
            #expect(try statement.step())
            try body(statement)
        }
    }

    @Test(arguments: [
        "1", "-1", "NULL", "1.5", "''", "x''", "'a'", "'12345678'", "'123456789'", "x'00'", "x'0000'", "'a', NULL, 'b'",
        "4294967297, zeroblob(16), 'u1', 'k1', 'added', '{\"points\":1}'",
    ])
    func aStatementsColumnsGiveWhatTheFunctionGives(values: String) async throws {
        try await checked(values) { statement in
            var checksum = RowChecksum()
            for column in 1..<Int32(statement.columnCount) { statement.add(column, to: &checksum) }
            #expect(statement.integer(at: 0) == Int64(checksum.value))
        }
    }

    @Test func numbersGiveWhatTheirBlobsGive() async throws {
        let blob = "x'0102030405060708090A0B0C0D0E0F10'"
        try await checked(blob) { statement in
            let bits = try #require(statement.bits128(at: 1))
            var checksum = RowChecksum()
            checksum.add(blob: bits.high, bits.low)
            #expect(statement.integer(at: 0) == Int64(checksum.value))
        }
        try await checked("\(blob) || \(blob)") { _ in }
        try await checked("CAST(\(blob) || x'1112131415161718191A1B1C1D1E1F20' AS BLOB)") { statement in
            let bits = try #require(statement.bits256(at: 1))
            var checksum = RowChecksum()
            checksum.add(blob: bits.0, bits.1, bits.2, bits.3)
            #expect(statement.integer(at: 0) == Int64(checksum.value))
        }
    }

    /// Every bit of every value, its storage class and its length count.
    @Test func anyChangedBitShows() async throws {
        func value(_ bytes: [UInt8], _ isText: Bool) -> UInt32 {
            var checksum = RowChecksum()
            bytes.withUnsafeBytes { checksum.add($0, isText: isText) }
            return checksum.value
        }
        let bytes = Array("{\"loyalty_tier\":\"silver\",\"points\":10}".utf8)
        var seen: Set<UInt32> = [value(bytes, true), value(bytes, false), value(bytes + [0], true)]
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            seen.insert(value(flipped, true))
        }
        #expect(seen.count == bytes.count * 8 + 3)
    }

    @Test func anUnsoundRowFailsAsADamagedFileDoes() async throws {
        try await withScratchFolder { folder async throws in
            let connection = try SQLiteConnection(path: folder + "/t.db", mode: .create)
            try connection.defineRowChecks()
            let sound = try connection.prepare("SELECT sound(1), sound(NULL IS NULL)")
            #expect(try sound.step() && sound.integer(at: 0) == 1)
            let unsound = try connection.prepare("SELECT sound(1 = 2)")
            let error = #expect(throws: SQLiteError.self) { try unsound.step() }
            #expect(error?.meaning == .damaged)
        }
    }
}
