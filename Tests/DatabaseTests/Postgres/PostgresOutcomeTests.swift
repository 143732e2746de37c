import SQLDatabases
import SyncCore
import TestKit
import Testing

/// What every type of PostgreSQL becomes, value by value, on a real server.
@Suite struct PostgresOutcomeTests {
    static let setup = """
        CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree;
        CREATE TYPE mood AS ENUM ('sad', 'glad 🙂');
        CREATE DOMAIN short AS varchar(5); CREATE DOMAIN shorter AS short CHECK (length(VALUE) < 4);
        CREATE DOMAIN score AS numeric(6,2); CREATE DOMAIN temper AS mood; CREATE DOMAIN tags AS text[];
        CREATE TYPE address AS (street text, number int, since timestamptz);
        """

    static let truthAndNumbers: [PostgresOutcome] = [
        .init("true", .boolean, "true"), .init("NULL::boolean", .boolean, "nothing"),
        .init("false", .string, "refused: add cast: string to the mapping"),
        .init("false", .string, .string, "\"false\""),
        .init("true", .integer, .integer, "1"), .init("true", .date, .date, "refused"),
        .init("(-32768)::int2", .integer, "-32768"), .init("(-2147483648)::int4", .number, "-2147483648"),
        .init("9007199254740992::int8", .integer, "9007199254740992"),
        .init("9007199254740993::int8", .integer, "! an integer beyond ±2^53, which JSON readers would round"),
        .init("9007199254740993::int8", .string, .string, "\"9007199254740993\""),
        .init("1::int4", .boolean, "refused"), .init("1::int4", .boolean, .boolean, "true"),
        .init("2::int4", .boolean, .boolean, "! a number that is neither 0 nor 1"),
        .init("0::int8", .timestamp, .timestamp, "\"1970-01-01T00:00:00Z\""),
        .init("4294967295::oid", .integer, "4294967295"),
        .init("0.1::float4", .number, "0.1"), .init("123456789::float4", .integer, "123456790"),
        .init("'NaN'::float4", .number, "! not a finite number"), .init("'NaN'::float4", .string, .string, "\"NaN\""),
        .init("0.1::float8", .number, "0.1"), .init("5e-324::float8", .number, "5e-324"),
        .init("1.7976931348623157e308::float8", .number, "1.7976931348623157e+308"),
        .init("'-0'::float8", .number, "0"), .init("5::float8", .integer, "5"),
        .init("5.5::float8", .integer, "! a number that is not whole"),
        .init("5.5::float8", .integer, .integer, "! a number that is not whole"),
        .init("'Infinity'::float8", .number, "! not a finite number"),
        .init("'-Infinity'::float8", .string, .string, "\"-Infinity\""),
        .init("1.50::numeric", .number, "1.5"), .init("5.00::numeric", .integer, "5"),
        .init("5.01::numeric", .integer, "! a number that is not whole"),
        .init("123456789012.345::numeric", .number, "123456789012.345"),
        .init("0.12345678901234568::numeric", .number, "0.12345678901234568"),
        .init(
            "0.12345678901234567890::numeric", .number, "! a decimal with more digits than a 64-bit number keeps"),
        .init("0.12345678901234567890::numeric", .number, .number, "0.12345678901234568"),
        .init("0.12345678901234567890::numeric", .string, .string, "\"0.1234567890123456789\""),
        .init("1e300::numeric", .number, "1e+300"),
        .init("1e131071::numeric", .number, "! a decimal with more digits than a 64-bit number keeps"),
        .init("1e131071::numeric", .number, .number, "! not a finite number"),
        .init("1e131071::numeric", .integer, "! an integer beyond ±2^53, which JSON readers would round"),
        .init("1e131071::numeric", .string, .string, "\"1\(String(repeating: "0", count: 131_071))\""),
        .init("(-1e-16383)::numeric", .string, .string, "\"-0.\(String(repeating: "0", count: 16_382))1\""),
        .init("'NaN'::numeric", .number, "! not a finite number"), .init("'NaN'::numeric", .string, .string, "\"NaN\""),
        .init("'Infinity'::numeric", .integer, "! not a finite number"),
        .init("'-Infinity'::numeric", .string, .string, "\"-Infinity\""),
        .init("1.5::numeric", .timestamp, .timestamp, "\"1970-01-01T00:00:01.5Z\""),
        .init("'1234.5'::money", .number, "refused"), .init("'1234.5'::money", .number, .number, "refused"),
        .init("'-1234.5'::money", .string, .string, "\"-$1,234.50\""), .init("'1.5'::score", .number, "1.5"),
    ]

    static let texts: [PostgresOutcome] = [
        .init("''::text", .string, "\"\""), .init("'a\"\\ 🙂'::text", .string, #""a\"\\ 🙂""#),
        .init("E'a\\x01\\tb'::text", .string, #""a\u0001\tb""#), .init("'5'::text", .integer, "refused"),
        .init("'5'::text", .integer, .integer, "5"), .init("'yes'::text", .boolean, .boolean, "true"),
        .init("'true'::text", .boolean, "refused"), .init("'2026-02-28'::text", .date, "refused"),
        .init("'2026-02-28'::text", .date, .date, "\"2026-02-28\""), .init("' v '::varchar(3)", .string, "\" v \""),
        .init("'a'::char(3)", .string, "\"a  \""), .init("'a'::char(3)", .string, .string, "\"a  \""),
        .init("rtrim('a'::char(3))", .string, "\"a\""), .init("'D'::\"char\"", .string, "\"D\""),
        .init("''::\"char\"", .string, "\"\""), .init("'pg_class'::name", .string, "\"pg_class\""),
        .init("'CiText'::citext", .string, "\"CiText\""), .init("'7'::citext", .integer, .integer, "7"),
        .init("'glad 🙂'::mood", .string, "\"glad 🙂\""), .init("'sad'::temper", .string, "\"sad\""),
        .init("'abc'::short", .string, "\"abc\""), .init("'abc'::shorter", .string, "\"abc\""),
        .init("'00010203-0405-0607-0809-0A0B0C0D0E0F'::uuid", .string, "refused: add cast: string to the mapping"),
        .init(
            "'00010203-0405-0607-0809-0A0B0C0D0E0F'::uuid", .string, .string,
            "\"00010203-0405-0607-0809-0a0b0c0d0e0f\""),
        .init("'\\x00ff'::bytea", .string, "refused"), .init("'\\x00ff'::bytea", .string, .string, "refused"),
        .init("'\\x00ff'::bytea", .string, .sha256, "refused"),
        .init("encode('\\x00ff'::bytea, 'hex')", .string, "\"00ff\""),
        .init("'{\"b\": 1.0, \"a\": [null]}'::json", .string, "refused: add cast: json_text to the mapping"),
        .init("'{\"b\": 1.0, \"a\": [null]}'::json", .string, .jsonText, #""{\"a\":[null],\"b\":1.0}""#),
        .init("'{\"b\": 1, \"a\": 2}'::jsonb", .string, .jsonText, #""{\"a\":2,\"b\":1}""#),
        .init("'{\"a\": 1, \"a\": 2}'::json", .string, .jsonText, "! a JSON object with a repeated key"),
        .init("'\"\\u0000\"'::json", .string, .jsonText, "! text with a NUL character"),
        .init("'[\"b\", \"a\"]'::jsonb", .stringList, "refused"),
        .init("'[\"b\", \"a\"]'::jsonb", .stringList, .stringList, "\"|a|b|\""),
        .init("'[1]'::jsonb", .stringList, .stringList, "! not a JSON array of strings"),
        .init("'{\"a\": 1}'::jsonb", .string, .string, "refused"),
    ]

    static let times: [PostgresOutcome] = [
        .init("'2026-02-28'::date", .date, "\"2026-02-28\""), .init("'0001-01-01'::date", .date, "\"0001-01-01\""),
        .init("'9999-12-31'::date", .date, "\"9999-12-31\""),
        .init("'10000-01-01'::date", .date, "! a year outside 0001–9999"),
        .init("'0001-12-31 BC'::date", .date, "! a year outside 0001–9999"),
        .init("'infinity'::date", .date, "! an infinite date or time"),
        .init("'-infinity'::date", .string, .string, "\"-infinity\""),
        .init("'2026-02-28'::date", .timestamp, "refused: add cast: timestamp to the mapping"),
        .init("'2026-02-28'::date", .timestamp, .timestamp, in: "Europe/Berlin", "\"2026-02-27T23:00:00Z\""),
        .init("'2026-02-28'::date", .string, .string, "\"2026-02-28\""),
        .init("'2026-02-28 10:00:00.120+02'::timestamptz", .timestamp, "\"2026-02-28T08:00:00.12Z\""),
        .init("'2026-02-28 23:30:00Z'::timestamptz", .date, "refused: add cast: date to the mapping"),
        .init("'2026-02-28 23:30:00Z'::timestamptz", .date, .date, "\"2026-02-28\""),
        .init("'2026-02-28 23:30:00Z'::timestamptz", .date, .date, in: "Europe/Berlin", "\"2026-03-01\""),
        .init("'9999-12-31 23:59:59.999999Z'::timestamptz", .timestamp, "\"9999-12-31T23:59:59.999999Z\""),
        .init("'294276-12-31 23:59:59.999999Z'::timestamptz", .timestamp, "! a year outside 0001–9999"),
        .init("'4713-01-01 00:00:00Z BC'::timestamptz", .timestamp, "! a year outside 0001–9999"),
        .init("'infinity'::timestamptz", .timestamp, "! an infinite date or time"),
        .init("'infinity'::timestamptz", .string, .string, "\"infinity\""),
        .init(
            "'2026-07-01 10:00:00'::timestamp", .timestamp,
            "refused: set time_zone: in the model, for example time_zone: UTC"),
        .init("'2026-07-01 10:00:00'::timestamp", .timestamp, in: "Europe/Berlin", "\"2026-07-01T08:00:00Z\""),
        .init(
            "'2026-03-29 02:30:00'::timestamp", .timestamp, in: "Europe/Berlin",
            "! a local time that the clocks skip in the model's time_zone"),
        .init(
            "'2026-10-25 02:30:00'::timestamp", .timestamp, in: "Europe/Berlin",
            "! a local time that occurs twice in the model's time_zone"),
        .init("'-infinity'::timestamp", .timestamp, in: "UTC", "! an infinite date or time"),
        .init("'2026-07-01 10:00:00'::timestamp", .string, .string, "\"2026-07-01T10:00:00\""),
        .init("'24:00:00'::time", .string, .string, "\"24:00:00\""),
        .init("'10:00'::time", .timestamp, .timestamp, "refused"),
        .init("'10:00:00.5+05:30'::timetz", .string, .string, "\"10:00:00.5+05:30\""),
        .init("'-1 year 2 days 03:04:05.006'::interval", .string, "refused: add cast: string to the mapping"),
        .init("'-1 year 2 days 03:04:05.006'::interval", .string, .string, "\"-1 years +2 days 03:04:05.006\""),
        .init("'1 day'::interval", .number, .number, "refused"),
    ]

    static let others: [PostgresOutcome] = [
        .init("'10.0.0.1'::inet", .string, "refused: add cast: string to the mapping"),
        .init("'10.0.0.1'::inet", .string, .string, "\"10.0.0.1/32\""),
        .init("host('10.0.0.1'::inet)", .string, "\"10.0.0.1\""),
        .init("'::1'::inet", .string, .string, "\"::1/128\""),
        .init("'10/8'::cidr", .string, .string, "\"10.0.0.0/8\""),
        .init("'08:00:2b:01:02:03'::macaddr", .string, .string, "\"08:00:2b:01:02:03\""),
        .init("'08:00:2b:01:02:03:04:05'::macaddr8", .string, .string, "\"08:00:2b:01:02:03:04:05\""),
        .init("B'101'", .string, .string, "\"101\""), .init("B'1'::bit(1)", .boolean, .boolean, "refused"),
        .init("B'0011'::varbit", .integer, .integer, "refused"), .init("B'0011'::varbit", .string, .string, "\"0011\""),
        .init("'<a>ä</a>'::xml", .string, .string, "\"<a>ä</a>\""),
        .init("'(1,2.5)'::point", .string, .string, "\"(1,2.5)\""),
        .init("'((1,2),(3,4))'::box", .string, .string, "\"(3,4),(1,2)\""),
        .init("'16/B374D848'::pg_lsn", .string, .string, "\"16/B374D848\""),
        .init("'a:1 b'::tsvector", .string, .string, "\"'a':1 'b'\""),
        .init("'a & b'::tsquery", .string, .string, "\"'a' & 'b'\""),
        .init("'int4'::regtype", .string, .string, "\"integer\""),
        .init("'1 2'::int2vector", .string, .string, "\"1 2\""),
        .init("'1 2'::int2vector", .stringList, .stringList, "refused"),
        .init("'[1,5)'::int4range", .string, .string, "\"[1,5)\""),
        .init(
            "tstzrange('2026-01-01 00:00Z', NULL)", .string, .string, #""[\"2026-01-01 00:00:00+00\",)""#),
        .init("'{[1,2),[5,7)}'::int4multirange", .string, .string, "\"{[1,2),[5,7)}\""),
        .init("'b=>2, a=>NULL'::hstore", .string, "refused: add cast: string to the mapping"),
        .init("'b=>2, a=>NULL'::hstore", .string, .string, #""\"a\"=>NULL, \"b\"=>\"2\"""#),
        .init("'b=>2'::hstore", .string, .jsonText, "refused"),
        .init("'Top.Science'::ltree", .string, .string, "\"Top.Science\""),
        .init("ROW('a b', 1, '2026-01-01Z')::address", .string, "refused: add cast: string to the mapping"),
        .init(
            "ROW('a b', 1, '2026-01-01Z')::address", .string, .string, #""(\"a b\",1,\"2026-01-01 00:00:00+00\")""#),
        .init("ROW(1, NULL)", .string, .string, "\"(1,)\""), .init("ROW(1, 2)", .number, .number, "refused"),
        .init("'x'::xml", .string, .sha256, "\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\""),
    ]

    static let arrays: [PostgresOutcome] = [
        .init("ARRAY['b', 'a', 'b']", .stringList, "\"|a|b|\""), .init("'{}'::text[]", .stringList, "\"\""),
        .init("'[5:6]={x,y}'::text[]", .stringList, "\"|x|y|\""),
        .init("ARRAY['a', NULL]", .stringList, "! a list with a null item"),
        .init("ARRAY['a', '']", .stringList, "! a list with an empty item"),
        .init("ARRAY['a|b']", .stringList, "! a list item that holds |"),
        .init("ARRAY[ARRAY['a']]", .stringList, "! a list of more than one dimension"),
        .init("ARRAY['a']", .string, .string, "refused"), .init("ARRAY['a']", .string, "refused"),
        .init("ARRAY['b','a']::varchar[]", .stringList, "\"|a|b|\""),
        .init("ARRAY['a']::char(2)[]", .stringList, "\"|a |\""),
        .init("ARRAY['n']::name[]", .stringList, "\"|n|\""), .init("ARRAY['c']::\"char\"[]", .stringList, "\"|c|\""),
        .init("ARRAY['B','a']::citext[]", .stringList, "\"|B|a|\""),
        .init("ARRAY['sad']::mood[]", .stringList, "\"|sad|\""),
        .init("ARRAY['d']::short[]", .stringList, "\"|d|\""), .init("ARRAY['d']::shorter[]", .stringList, "\"|d|\""),
        .init("ARRAY['sad']::temper[]", .stringList, "\"|sad|\""), .init("ARRAY['t']::tags", .stringList, "\"|t|\""),
        .init("ARRAY[1, 10, 2]", .stringList, "refused: add cast: string_list to the mapping"),
        .init("ARRAY[1, 10, 2]", .stringList, .stringList, "\"|1|10|2|\""),
        .init("ARRAY[1]", .string, .string, "refused"),
        .init("'[0:1]={1,2}'::int2[]", .stringList, .stringList, "\"|1|2|\""),
        .init("'{}'::int8[]", .stringList, .stringList, "\"\""),
        .init("ARRAY[1, NULL]", .stringList, .stringList, "! a list with a null item"),
        .init("ARRAY[ARRAY[1, 2]]", .stringList, .stringList, "! a list of more than one dimension"),
        .init("ARRAY[1.50]::score[]", .stringList, .stringList, "\"|1.50|\""),
        .init("ARRAY[0.1]::float4[]", .stringList, .stringList, "\"|0.1|\""),
        .init("ARRAY[0.1]::float8[]", .stringList, .stringList, "\"|0.1|\""),
        .init("ARRAY[true]", .stringList, .stringList, "\"|true|\""),
        .init("ARRAY[7]::oid[]", .stringList, .stringList, "\"|7|\""),
        .init(
            "ARRAY['00010203-0405-0607-0809-0A0B0C0D0E0F']::uuid[]", .stringList, .stringList,
            "\"|00010203-0405-0607-0809-0a0b0c0d0e0f|\""),
        .init("ARRAY['\\x00ff']::bytea[]", .stringList, .stringList, #""|\\x00ff|""#),
        .init("ARRAY['2026-02-28']::date[]", .stringList, .stringList, "\"|2026-02-28|\""),
        .init("ARRAY['10:00']::time[]", .stringList, .stringList, "\"|10:00:00|\""),
        .init("ARRAY['10:00+02']::timetz[]", .stringList, .stringList, "\"|10:00:00+02|\""),
        .init("ARRAY['2026-02-28 10:00']::timestamp[]", .stringList, .stringList, "\"|2026-02-28 10:00:00|\""),
        .init("ARRAY['2026-02-28 10:00+02']::timestamptz[]", .stringList, .stringList, "\"|2026-02-28 08:00:00+00|\""),
        .init("ARRAY['1 day']::interval[]", .stringList, .stringList, "\"|1 day|\""),
        .init("ARRAY['{}']::jsonb[]", .stringList, .stringList, "\"|{}|\""),
        .init("ARRAY['10.0.0.1']::inet[]", .stringList, .stringList, "\"|10.0.0.1/32|\""),
        .init("ARRAY[B'10']", .stringList, .stringList, "\"|10|\""),
        .init("ARRAY['[1,5)']::int4range[]", .stringList, .stringList, "\"|[1,5)|\""),
        .init("ARRAY['a=>1']::hstore[]", .stringList, .stringList, #""|\"a\"=>\"1\"|""#),
        .init("ARRAY['1.5']::money[]", .stringList, .stringList, "\"|$1.50|\""),
        .init("ARRAY['<a/>']::xml[]", .stringList, .stringList, "\"|<a/>|\""),
        .init("ARRAY['(1,2)']::point[]", .stringList, .stringList, "\"|(1,2)|\""),
        .init("ARRAY[ROW(1, 'a')]", .stringList, .stringList, "\"|(1,a)|\""),
        .init("ARRAY[ROW('a', 1, NULL)]::address[]", .stringList, .stringList, "\"|(a,1,)|\""),
    ]

    @Test("each value gives its attribute or its reason", arguments: [truthAndNumbers, texts, times, others, arrays])
    func outcomes(_ outcomes: [PostgresOutcome]) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(Self.setup)
        let actual = try await PostgresOutcome.actual(outcomes, from: database.source())
        #expect(actual.count == outcomes.count)
        for (outcome, actual) in zip(outcomes, actual) {
            let words = "\(outcome.value) as \(outcome.type.rawValue), cast: \(outcome.cast?.rawValue ?? "none")"
            #expect(actual == outcome.expected, "\(words)")
        }
    }
}
