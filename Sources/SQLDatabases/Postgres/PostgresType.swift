import SyncCore

/// How a column's binary cells are read; resolved once a statement.
enum PGDecoder: Sendable {
    case boolean, int2, int4, int8, objectID, numeric, float8, float4
    case text, uuid, date, timestamp, localTimestamp, textArray, json, jsonb, bytes
    /// The text form of a type that none of the others reads.
    case other
}

/// A type of PostgreSQL as a source reads it.
struct PostgresType: Sendable {
    /// What of a column is selected. All cells come in binary, so what has no decoder is cast to what has one.
    enum Form: Sendable { case own, text, textArray }

    var name: String
    var sourceType: SourceType
    var decoder: PGDecoder
    var form: Form

    init(_ name: String, _ sourceType: SourceType, _ decoder: PGDecoder, form: Form = .own) {
        (self.name, self.sourceType, self.decoder, self.form) = (name, sourceType, decoder, form)
    }

    /// The built-in types with a decoder, by OID (pg_type.dat; they never change).
    static func builtIn(_ id: UInt32) -> PostgresType? {
        switch id {
        case 16: PostgresType("bool", .boolean, .boolean)
        case 17: PostgresType("bytea", .bytes, .bytes)
        // Its binary form of '' is a NUL.
        case 18: PostgresType("\"char\"", .text, .text, form: .text)
        case 19: PostgresType("name", .text, .text)
        case 20: PostgresType("int8", .integer, .int8)
        case 21: PostgresType("int2", .integer, .int2)
        case 23: PostgresType("int4", .integer, .int4)
        case 25: PostgresType("text", .text, .text)
        case 26: PostgresType("oid", .integer, .objectID)
        case 114: PostgresType("json", .json, .json)
        case 700: PostgresType("float4", .float, .float4)
        case 701: PostgresType("float8", .double, .float8)
        case 1002: PostgresType("\"char\"[]", .textArray, .textArray)
        case 1003: PostgresType("name[]", .textArray, .textArray)
        case 1009: PostgresType("text[]", .textArray, .textArray)
        case 1014: PostgresType("char[]", .textArray, .textArray)
        case 1015: PostgresType("varchar[]", .textArray, .textArray)
        case 1042: PostgresType("char", .text, .text)
        case 1043: PostgresType("varchar", .text, .text)
        case 1082: PostgresType("date", .date, .date)
        case 1114: PostgresType("timestamp", .localTimestamp, .localTimestamp)
        case 1184: PostgresType("timestamptz", .timestamp, .timestamp)
        case 1700: PostgresType("numeric", .decimal, .numeric)
        case 2950: PostgresType("uuid", .uuid, .uuid)
        case 3802: PostgresType("jsonb", .json, .jsonb)
        default: nil
        }
    }

    /// A type the catalogue had to be asked about; `item` is that of an array's items.
    static func catalogued(_ type: Catalogued, item: Catalogued?) -> PostgresType {
        guard let item else {
            if type.isEnum { return PostgresType(type.name, .text, .text) }
            let (sourceType, decoder): (SourceType, PGDecoder) = type.isText ? (.text, .text) : (.other, .other)
            return PostgresType(type.name, sourceType, decoder, form: .text)
        }
        let name = "\(type.name)[]"
        if item.isEnum || builtIn(item.id)?.sourceType == .text { return PostgresType(name, .textArray, .textArray) }
        return PostgresType(name, item.isText ? .textArray : .otherArray, .textArray, form: .textArray)
    }

    /// What `pg_type` says of a type.
    struct Catalogued: Sendable {
        var id: UInt32
        /// Of an array, the one its items are declared with.
        var name: String
        /// `typtype`.
        var kind: String
        /// `typcategory`.
        var category: String

        var isEnum: Bool { kind == "e" }
        /// A string type of an extension, such as citext.
        var isText: Bool { kind == "b" && category == "S" }
    }
}
