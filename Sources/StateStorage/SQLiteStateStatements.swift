internal import SQLDatabases
internal import SyncCore

extension SQLiteConnection {
    /// Runs a cached statement.
    func run(_ sql: String, _ bind: (SQLiteStatement) -> Void = { _ in }) throws {
        let statement = try cached(sql)
        bind(statement)
        try statement.run()
    }

    /// All rows of a cached statement. It is reset at the end, so that it keeps no lock.
    func rows<Row>(
        _ sql: String, _ bind: (SQLiteStatement) -> Void = { _ in }, read: (SQLiteStatement) throws -> Row
    ) throws -> [Row] {
        let statement = try cached(sql)
        defer { statement.reset() }
        bind(statement)
        var rows: [Row] = []
        while try statement.step() { rows.append(try read(statement)) }
        return rows
    }

    /// The first row of a cached statement.
    func first<Row>(
        _ sql: String, _ bind: (SQLiteStatement) -> Void = { _ in }, read: (SQLiteStatement) throws -> Row
    ) throws -> Row? {
        let statement = try cached(sql)
        defer { statement.reset() }
        bind(statement)
        return try statement.step() ? try read(statement) : nil
    }
}

extension SQLiteStatement {
    func bind(_ hash: KeyHash, at index: Int32) { bind(high: hash.high, low: hash.low, at: index) }

    func bind(_ fingerprint: Fingerprint?, at index: Int32) {
        guard let fingerprint else { return bindNull(at: index) }
        let values = fingerprint.values
        if let row = fingerprint.row {
            bind(values.high, values.low, row.rules, row.cells, at: index)
        } else {
            bind(high: values.high, low: values.low, at: index)
        }
    }

    func bind(_ time: WallTime?, at index: Int32) {
        guard let time else { return bindNull(at: index) }
        bind(time.microseconds, at: index)
    }

    func bind(_ flag: Bool, at index: Int32) { bind(flag ? 1 : 0, at: index) }

    /// Clear text is TEXT, sealed text a BLOB.
    func bind(_ text: ProtectedText, at index: Int32) {
        switch text {
        case .clear(let text): bind(text, at: index)
        case .sealed(let bytes): bind(blob: bytes, at: index)
        }
    }

    /// As text, and NULL for a body equal to the snapshot's values.
    func bind(_ body: ProtectedBody, at index: Int32) {
        switch body {
        case .sameAsSnapshot: bindNull(at: index)
        case .clear(let bytes): bind(utf8: bytes, at: index)
        case .sealed(let bytes): bind(blob: bytes, at: index)
        }
    }

    func flag(at column: Int32) -> Bool { integer(at: column) != 0 }
    func number(at column: Int32) -> Int { Int(integer(at: column)) }

    func word(at column: Int32) throws -> String {
        guard let text = text(at: column) else { throw SQLiteStateStore.inconsistent("a text of the state is null") }
        return text
    }

    /// A word of one of our vocabularies.
    func word<Word: RawRepresentable>(at column: Int32, as type: Word.Type) throws -> Word
    where Word.RawValue == String {
        let text = try word(at: column)
        guard let word = Word(rawValue: text) else {
            throw SQLiteStateStore.inconsistent("the state holds an unknown word: \(text)")
        }
        return word
    }

    func identifier(at column: Int32) throws -> ULID {
        guard let id = ULID(try word(at: column)) else {
            throw SQLiteStateStore.inconsistent("the state holds an id that is none")
        }
        return id
    }

    func time(at column: Int32) -> WallTime? {
        isNull(at: column) ? nil : WallTime(microseconds: integer(at: column))
    }

    func keyHash(at column: Int32) throws -> KeyHash {
        guard let bits = bits128(at: column) else {
            throw SQLiteStateStore.inconsistent("the state holds a key hash that is not 16 bytes")
        }
        return KeyHash(high: bits.high, low: bits.low)
    }

    func fingerprint(at column: Int32) -> Fingerprint? {
        if let bits = bits256(at: column) {
            return Fingerprint(high: bits.0, low: bits.1, row: RowDigest(rules: bits.2, cells: bits.3))
        }
        return bits128(at: column).map { Fingerprint(high: $0.high, low: $0.low) }
    }

    func protectedText(at column: Int32) -> ProtectedText {
        storageClass(at: column) == .blob ? .sealed(bytes(at: column)) : .clear(text(at: column) ?? "")
    }

    func body(at column: Int32) -> ProtectedBody {
        switch storageClass(at: column) {
        case .null: .sameAsSnapshot
        case .blob: .sealed(bytes(at: column))
        default: .clear(bytes(at: column))
        }
    }

    func bytesIfAny(at column: Int32) -> [UInt8]? { isNull(at: column) ? nil : bytes(at: column) }
}
