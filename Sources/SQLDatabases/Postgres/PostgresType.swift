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
    var name: String
    var sourceType: SourceType
    var decoder: PGDecoder

    init(_ name: String, _ sourceType: SourceType, _ decoder: PGDecoder) {
        (self.name, self.sourceType, self.decoder) = (name, sourceType, decoder)
    }

    /// The built-in types with a decoder, by OID (pg_type.dat; they never change).
    static func builtIn(_ id: UInt32) -> PostgresType? {
        switch id {
        case 16: PostgresType("bool", .boolean, .boolean)
        case 17: PostgresType("bytea", .bytes, .bytes)
        case 18: PostgresType("\"char\"", .text, .text)
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

    /// A type the catalogue had to be asked about. `kind` and `elementKind` are `pg_type.typtype`; `element` is the
    /// array's element type or "".
    static func catalogued(name: String, kind: String, element: String, elementKind: String) -> PostgresType {
        func isText(_ name: String, _ kind: String) -> Bool { kind == "e" || (kind == "b" && name == "citext") }
        if isText(name, kind) { return PostgresType(name, .text, .text) }
        if isText(element, elementKind) { return PostgresType("\(element)[]", .textArray, .textArray) }
        return PostgresType(element.isEmpty ? name : "\(element)[]", .other, .other)
    }
}
