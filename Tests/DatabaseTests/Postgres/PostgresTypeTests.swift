import SQLDatabases
import SyncCore
import TestKit
import Testing

@Suite struct PostgresTypeTests {
    static let cells: [(String, Value)] = [
        ("true", .cell(.boolean(true))), ("false", .cell(.boolean(false))), ("NULL::int", .cell(.null)),
        ("(-32768)::int2", .cell(.integer(-32768))), ("2147483647::int4", .cell(.integer(2_147_483_647))),
        ("(-9223372036854775808)::int8", .cell(.integer(.min))), ("4294967295::oid", .cell(.integer(4_294_967_295))),
        ("1e308::float8", .cell(.double(1e308))), ("'-Infinity'::float8", .cell(.double(-.infinity))),
        ("0.1::float4", .cell(.float(0.1))),
        ("''::text", .text("")), ("NULL::text", .cell(.null)), ("'äöü🙂'::varchar", .text("äöü🙂")),
        ("'a '::char(3)", .text("a  ")), ("'n'::name", .text("n")), ("''::\"char\"", .text("")),
        ("'x'::mood", .text("x")),
        ("'D'::short", .text("D")),
        ("'00010203-0405-0607-0809-0a0b0c0d0e0f'::uuid", .bytes(Array(0...15))),
        ("'\\x00ff'::bytea", .bytes([0, 255])),
        ("'1970-01-01'::date", .cell(.date(0))), ("'1969-12-31'::date", .cell(.date(-1))),
        ("'infinity'::date", .cell(.infiniteTime(isNegative: false))),
        ("'-infinity'::date", .cell(.infiniteTime(isNegative: true))),
        ("'-infinity'::timestamptz", .cell(.infiniteTime(isNegative: true))),
        ("'infinity'::timestamp", .cell(.infiniteTime(isNegative: false))),
        ("'294276-12-31'::timestamptz", .cell(.timestamp(9_000_946_684_800_000_000))),
        ("'1970-01-01 01:00:00.000001+01'::timestamptz", .cell(.timestamp(1))),
        ("'1999-12-31 23:59:59.999999'::timestamp", .cell(.localTimestamp(946_684_799_999_999))),
        ("'4713-01-01 BC'::date", .cell(.date(-2_440_550))),
        ("ARRAY['b', NULL, '', 'a|c']", .list(["b", nil, "", "a|c"])), ("'{}'::text[]", .list([])),
        ("ARRAY['x']::mood[]", .list(["x"])), ("ARRAY['v']::varchar[]", .list(["v"])),
        ("ARRAY[ARRAY['a'],ARRAY['b']]", .cell(.nestedList)),
        ("'{\"a\": 1}'::json", .text("{\"a\": 1}")), ("'{\"b\":[1,2]}'::jsonb", .text("{\"b\": [1, 2]}")),
        ("'1 day'::interval", .text("1 day")), ("'10.0.0.1/8'::inet", .text("10.0.0.1/8")),
        ("ARRAY[1,2]", .list(["1", "2"])), ("ARRAY[ARRAY[1],ARRAY[2]]", .cell(.nestedList)),
    ]

    static let numerics: [(String, Value)] = [
        ("0", .cell(.decimal(mantissa: 0, scale: 0))), ("0.000", .cell(.decimal(mantissa: 0, scale: 0))),
        ("1.50", .cell(.decimal(mantissa: 15, scale: 1))),
        ("-12345.6789", .cell(.decimal(mantissa: -123_456_789, scale: 4))),
        ("100000000", .cell(.decimal(mantissa: 100_000_000, scale: 0))),
        ("999999999999999999", .cell(.decimal(mantissa: 999_999_999_999_999_999, scale: 0))),
        ("0.999999999999999999", .cell(.decimal(mantissa: 999_999_999_999_999_999, scale: 18))),
        ("0.000000000000000001", .cell(.decimal(mantissa: 1, scale: 18))),
        ("1.00000000000000000000000", .cell(.decimal(mantissa: 1, scale: 0))),
        ("123456.789012345678", .cell(.decimal(mantissa: 123_456_789_012_345_678, scale: 12))),
        ("5.00000000000000001", .cell(.decimal(mantissa: 500_000_000_000_000_001, scale: 17))),
        ("1000000000000000000", .text("1000000000000000000")),
        ("0.0000000000000000001", .text("0.0000000000000000001")),
        ("-123456789012345678901234.50", .text("-123456789012345678901234.50")),
        ("10000000000000000000000000000", .text("10000000000000000000000000000")),
        ("1000000000000.00000000000000030000", .text("1000000000000.00000000000000030000")),
        ("NaN", .text("NaN")), ("Infinity", .text("Infinity")), ("-Infinity", .text("-Infinity")),
    ]

    @Test func decodesEveryTypeExactly() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute("CREATE TYPE mood AS ENUM ('x', 'y'); CREATE DOMAIN short AS varchar(3)")
        let columns = Self.cells.map(\.0) + Self.numerics.map { "'\($0.0)'::numeric" }
        let rows = try await database.source().rows("SELECT \(columns.joined(separator: ", "));  -- done")
        let row = try #require(rows.first)
        for ((text, expected), value) in zip(Self.cells + Self.numerics, row) { #expect(value == expected, "\(text)") }
        #expect(row.count == columns.count)
    }

    @Test func describesColumnsWithoutReadingARow() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('x'); CREATE DOMAIN small AS numeric(4,2);
            CREATE TABLE t (id int8 NOT NULL, m mood, s small, c citext, l citext[], v interval, z timestamptz, j jsonb);
            """)
        let columns = try await database.source().describe(
            .model("SELECT t.*, id + 1 AS next, 1/(id-id) AS never FROM t"))
        #expect(columns.map(\.name) == ["id", "m", "s", "c", "l", "v", "z", "j", "next", "never"])
        #expect(
            columns.map(\.type) == [
                .integer, .text, .decimal, .text, .textArray, .other, .timestamp, .json, .integer, .integer,
            ])
        #expect(columns.map(\.isNullable) == [false, true, true, true, true, true, true, true, nil, nil])
        #expect(columns[0].typeName == "int8" && columns[5].typeName == "interval" && columns[4].typeName == "citext[]")
    }

    @Test func knowsThatAnOuterJoinMakesNulls() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute("CREATE TABLE a (id int NOT NULL); CREATE TABLE b (id int NOT NULL)")
        let columns = try await database.source().describe(.model("SELECT b.id FROM a LEFT JOIN b USING (id)"))
        #expect(columns.map(\.isNullable) == [nil])
    }

    @Test func readsColumnsOfOneNameAndKeepsTheOrder() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let rows = try await database.source().rows(
            "/* ; */ SELECT i AS a, -i AS a, ';' AS \"c;\", $$;'$$ AS d FROM generate_series(1, 2500) i ORDER BY i DESC ; "
        )
        #expect(rows.count == 2500)
        #expect(rows[0] == [.cell(.integer(2500)), .cell(.integer(-2500)), .text(";"), .text(";'")])
        #expect(rows[2499][0] == .cell(.integer(1)))
    }
}
