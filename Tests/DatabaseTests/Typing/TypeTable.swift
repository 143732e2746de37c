import SyncCore
import TestKit

@testable import ChangePlanning
@testable import SQLDatabases

/// The table of docs/typing.md, made by the code that decides: how a type is read, and which attributes it fits.
/// Types of one outcome share a row.
struct TypeTable {
    private var rows: [(outcome: String, types: [String])] = []

    mutating func add(_ label: String, read: String, _ type: SourceType) {
        let uncast = AttributeType.allCases.filter { ConversionTable.canFit(type, $0, cast: nil) }.map(\.rawValue)
        let casts = Cast.allCases.filter { cast in
            AttributeType.allCases.contains { ConversionTable.canFit(type, $0, cast: cast) }
        }
        let outcome = "\(read) | \(Self.list(uncast)) | \(Self.list(casts.map(\.rawValue)))"
        if let known = rows.firstIndex(where: { $0.outcome == outcome }) {
            rows[known].types.append(label)
        } else {
            rows.append((outcome, [label]))
        }
    }

    var markdown: String {
        let lines = rows.map { "| \($0.types.joined(separator: ", ")) | \($0.outcome) |" }
        return (["| type | read | fits uncast | takes `cast:` |", "|---|---|---|---|"] + lines).joined(separator: "\n")
    }

    private static func list(_ words: [String]) -> String {
        words.isEmpty ? "nothing" : words.map { "`\($0)`" }.joined(separator: ", ")
    }
}

extension PostgresType {
    var read: String {
        switch form {
        case .own: "binary"
        case .text: "`::text`"
        case .textArray: "`::text[]`"
        }
    }
}

/// Types as a statement on a real server gives them.
struct PostgresTypeProbe {
    static let setup = """
        CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE TYPE mood AS ENUM ('sad');
        CREATE TYPE address AS (street text); CREATE DOMAIN short AS varchar(5); CREATE DOMAIN score AS int;
        """

    /// What the page calls a type, and the type.
    static let types: [(label: String, type: String)] =
        [
            "boolean", "int2", "int4", "int8", "oid", "numeric", "float4", "float8", "text", "varchar", "char(n)",
            "name", "enums", "\"char\"", "citext", "uuid", "bytea", "date", "timestamptz", "timestamp", "json",
            "jsonb", "money", "time", "timetz", "interval", "xml", "hstore", "ltree", "inet", "cidr", "macaddr",
            "macaddr8", "bit", "varbit", "int4range", "int4multirange", "point", "line", "lseg", "box", "path",
            "polygon", "circle", "tsvector", "tsquery", "jsonpath", "pg_lsn", "xid", "xid8", "tid", "regclass",
            "regtype", "refcursor", "composite types", "record", "text[]", "varchar[]", "char(n)[]", "name[]",
            "\"char\"[]", "enum arrays", "arrays of domains over these", "citext[]", "int4[]", "numeric[]",
            "boolean[]", "uuid[]", "bytea[]", "date[]", "timestamptz[]", "json[]", "inet[]", "composite arrays",
            "other arrays",
        ].map { ("\($0.contains(" ") || $0 == "enums" ? $0 : "`\($0)`")", sqlNames[$0] ?? $0) }

    private static let sqlNames = [
        "char(n)": "char(3)", "enums": "mood", "composite types": "address", "char(n)[]": "char(3)[]",
        "enum arrays": "mood[]", "arrays of domains over these": "short[]", "composite arrays": "address[]",
        "other arrays": "score[]",
    ]

    /// The types of SQL expressions, without reading a row.
    static func types(of expressions: [String], in database: PostgresDatabase) throws -> [PostgresType] {
        let parameters = try PGParameters(url: database.superuserURL, environment: [:])
        let connection = try PGConnection(parameters) { false }
        try connection.prepare("SELECT \(expressions.joined(separator: ", "))")
        return try PostgresCatalogue.types(of: connection.describe().columns, on: connection)
    }
}
