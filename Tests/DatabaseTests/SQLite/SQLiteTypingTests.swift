import SyncCore
import Testing

/// Every storage class and declared type of SQLite, through a real file.
@Suite struct SQLiteTypingTests {
    /// One column of no affinity with a value of every storage class.
    private static let mixed = """
        CREATE TABLE t (id INTEGER PRIMARY KEY, v);
        INSERT INTO t (v) VALUES (1), (2.0), (2.5), ('3'), ('true'), ('2026-02-28'), ('2026-02-28T10:00:00Z'),
            ('["b","a"]'), ('{"b": 1, "a": 2}'), (x'3132'), (NULL);
        """

    private static let no = "! text that does not read as the type asked for"

    @Test(
        arguments: [
            (
                AttributeType.string,
                [
                    "! an integer in a string attribute", "! a real in a string attribute",
                    "! a real in a string attribute", "\"3\"", "\"true\"", "\"2026-02-28\"", "\"2026-02-28T10:00:00Z\"",
                    #""[\"b\",\"a\"]""#, #""{\"b\": 1, \"a\": 2}""#, "! binary data in a string attribute", "nothing",
                ]
            ),
            (
                .integer,
                ["1", "2", "! a number that is not whole"] + Array(repeating: "text", count: 6) + ["blob", "nothing"]
            ),
            (.number, ["1", "2", "2.5"] + Array(repeating: "text", count: 6) + ["blob", "nothing"]),
            (
                .boolean,
                ["true", "! a real in a boolean attribute", "! a real in a boolean attribute"]
                    + Array(repeating: "text", count: 6) + ["blob", "nothing"]
            ),
            (
                .date,
                ["! an integer in a date attribute", "! a real in a date attribute", "! a real in a date attribute"]
                    + [no, no, "\"2026-02-28\"", no, no, no, "blob", "nothing"]
            ),
            (
                .timestamp,
                [
                    "! an integer in a timestamp attribute", "! a real in a timestamp attribute",
                    "! a real in a timestamp attribute",
                ] + [no, no, no, "\"2026-02-28T10:00:00Z\"", no, no, "blob", "nothing"]
            ),
            (
                .stringList,
                [
                    "! an integer in a string_list attribute", "! a real in a string_list attribute",
                    "! a real in a string_list attribute",
                ] + Array(repeating: "! not a JSON array of strings", count: 4)
                    + ["\"|a|b|\"", "! not a JSON array of strings", "blob", "nothing"]
            ),
        ] as [(AttributeType, [String])]) func everyValueOfAMixedColumnIsTypedForItself(
            type: AttributeType, expected: [String]
        ) async throws
    {
        let article = type == .integer ? "an" : "a"
        let expected = expected.map { value in
            switch value {
            case "text": "! text in \(article) \(type.rawValue) attribute"
            case "blob": "! binary data in \(article) \(type.rawValue) attribute"
            default: value
            }
        }
        try await SQLiteTyping.with(Self.mixed) { file async throws in
            #expect(try await file.typed("SELECT id, v FROM t ORDER BY id", as: type) == expected)
        }
    }

    @Test(arguments: Cast.allCases) func noCastTakesABlob(cast: Cast) async throws {
        try await SQLiteTyping.with(Self.mixed) { file async throws in
            let type = AttributeType(rawValue: cast.rawValue) ?? .string
            let typed = try await file.typed("SELECT id, v FROM t WHERE id = 10", as: type, cast: cast)
            #expect(typed.count == 1 && typed[0].hasPrefix("! binary data in a"))
        }
    }

    @Test func aMixedColumnCastToStringIsAllText() async throws {
        try await SQLiteTyping.with(Self.mixed) { file async throws in
            let sql = "SELECT id, v FROM t WHERE id < 10 ORDER BY id"
            #expect(
                try await file.typed(sql, as: .string, cast: .string) == [
                    "\"1\"", "\"2\"", "\"2.5\"", "\"3\"", "\"true\"", "\"2026-02-28\"", "\"2026-02-28T10:00:00Z\"",
                    #""[\"b\",\"a\"]""#, #""{\"b\": 1, \"a\": 2}""#,
                ])
            #expect(
                try await file.typed(sql, as: .string, cast: .jsonText) == [
                    "\"1\"", "\"2\"", "\"2.5\"", "\"3\"", "\"true\"", "! text that is not JSON",
                    "! text that is not JSON", #""[\"b\",\"a\"]""#, #""{\"a\":2,\"b\":1}""#,
                ])
        }
    }

    @Test(arguments: ["UTF-8", "UTF-16le", "UTF-16be"]) func textIsTheSameInEveryEncodingOfAFile(encoding: String)
        async throws
    {
        let script = """
            PRAGMA encoding = '\(encoding)'; CREATE TABLE t (id TEXT, v TEXT);
            INSERT INTO t VALUES ('u1', 'Grüße 👍🏽 日本'), ('u2', ''), ('u3', '["é","z"]'), ('u4', 'a' || char(0) || 'b');
            """
        try await SQLiteTyping.with(script) { file async throws in
            let sql = "SELECT id, v FROM t ORDER BY id"
            #expect(
                try await file.typed(sql, as: .string) == [
                    "\"Grüße 👍🏽 日本\"", "\"\"", #""[\"é\",\"z\"]""#, "! text with a NUL character",
                ])
            #expect(try await file.typed(sql + " LIMIT 1 OFFSET 2", as: .stringList) == ["\"|z|é|\""])
        }
    }

    @Test func integersAreReadToTheLastBit() async throws {
        let values = [
            "-9223372036854775808", "9223372036854775807", "9007199254740993", "9007199254740992", "9007199254740991",
            "-9007199254740992", "-9007199254740993", "0",
        ]
        let script =
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER);"
            + values.map {
                "INSERT INTO t (v) VALUES (\($0));"
            }.joined()
        try await SQLiteTyping.with(script) { file async throws in
            let sql = "SELECT id, v FROM t ORDER BY id"
            #expect(try await file.typed(sql, as: .string, cast: .string) == values.map { "\"\($0)\"" })
            let beyond = "! an integer beyond ±2^53, which JSON readers would round"
            for type in [AttributeType.integer, .number] {
                #expect(
                    try await file.typed(sql, as: type) == [
                        beyond, beyond, beyond, "9007199254740992", "9007199254740991", "-9007199254740992", beyond,
                        "0",
                    ])
            }
        }
    }

    @Test func realsAreTheirShortestDecimalAndWholeOnesAreIntegers() async throws {
        let script = """
            CREATE TABLE t (id INTEGER PRIMARY KEY, v REAL);
            INSERT INTO t (v) VALUES (5), (-0.0), (0.1), (1e20), (9007199254740992.0), (1.5e-300), (9e999), (-9e999);
            """
        try await SQLiteTyping.with(script) { file async throws in
            let sql = "SELECT id, v FROM t ORDER BY id"
            let no = "! not a finite number"
            #expect(
                try await file.typed(sql, as: .number)
                    == ["5", "0", "0.1", "1e+20", "9007199254740992", "1.5e-300", no, no])
            let fraction = "! a number that is not whole"
            #expect(
                try await file.typed(sql, as: .integer)
                    == [
                        "5", "0", fraction, "! an integer beyond ±2^53, which JSON readers would round",
                        "9007199254740992", fraction, no, no,
                    ])
            let all = try await file.typed(sql, as: .string, cast: .string)
            #expect(all.suffix(2) == ["\"Infinity\"", "\"-Infinity\""])
        }
    }

    /// The same literals through the affinity of each declared type: '1' becomes an integer in some and stays in others.
    @Test(arguments: [
        ("INTEGER", "integer integer real integer text"), ("INT UNSIGNED", "integer integer real integer text"),
        ("NUMERIC", "integer integer real integer text"), ("DECIMAL(10,2)", "integer integer real integer text"),
        ("BOOLEAN", "integer integer real integer text"), ("DATETIME", "integer integer real integer text"),
        ("REAL", "real real real real text"), ("DOUBLE PRECISION", "real real real real text"),
        ("TEXT", "text text text text text"), ("VARCHAR(9)", "text text text text text"),
        ("BLOB", "integer real real text text"), ("", "integer real real text text"),
    ]) func aDeclaredTypeDecidesWhatIsStoredAndTheValueWhatIsRead(declared: String, classes: String) async throws {
        let script = """
            CREATE TABLE t (id INTEGER PRIMARY KEY, v \(declared));
            INSERT INTO t (v) VALUES (1), (1.0), (1.5), ('1'), ('x');
            """
        try await SQLiteTyping.with(script) { file async throws in
            let sql = "SELECT id, v FROM t ORDER BY id"
            let expected = zip(classes.split(separator: " "), ["1", "1", "1.5", "1", "x"]).map { stored, value in
                stored == "text" ? "! text in a number attribute" : value
            }
            #expect(try await file.typed(sql, as: .number) == expected)
            let warns = declared.contains("TEXT") || declared.contains("CHAR") || declared == "BLOB"
            #expect(try await file.findings(sql, as: .number) == (warns ? ["warning type_mismatch"] : []))
        }
    }

    @Test func strictTablesAndGeneratedColumnsAreReadAsTheyAre() async throws {
        let script = """
            CREATE TABLE t (id INTEGER PRIMARY KEY, i INT, r REAL, x TEXT, b BLOB, a ANY,
                doubled INT GENERATED ALWAYS AS (i * 2) VIRTUAL, shout TEXT AS (upper(x)) STORED) STRICT;
            INSERT INTO t (i, r, x, b, a) VALUES (7, 2, 'a', x'00', '5'), (8, 2.5, '5', x'', 5);
            """
        try await SQLiteTyping.with(script) { file async throws in
            func read(_ column: String, _ type: AttributeType) async throws -> [String] {
                try await file.typed("SELECT id, \(column) AS v FROM t ORDER BY id", as: type)
            }
            #expect(try await read("i", .integer) == ["7", "8"])
            #expect(try await read("r", .number) == ["2", "2.5"])
            #expect(try await read("x", .string) == ["\"a\"", "\"5\""])
            #expect(try await read("a", .string) == ["\"5\"", "! an integer in a string attribute"])
            #expect(try await read("doubled", .integer) == ["14", "16"])
            #expect(try await read("shout", .string) == ["\"A\"", "\"5\""])
            #expect(try await read("b", .string).allSatisfy { $0.hasPrefix("! binary data") })
            #expect(try await file.findings("SELECT id, a AS v FROM t", as: .date) == [])
            #expect(try await file.findings("SELECT id, r AS v FROM t", as: .date) == ["warning type_mismatch"])
        }
    }

    /// Times as SQLite's own functions make them, and as programs store them.
    @Test func timesOfEveryFormNameTheSameMoment() async throws {
        let script = "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);"
        try await SQLiteTyping.with(script) { file async throws in
            func read(
                _ value: String, cast: Cast? = nil, unit: TimeUnit? = nil, zone: String? = nil
            ) async throws -> String? {
                try await file.typed(
                    "SELECT id, \(value) AS v FROM t", as: cast == .date ? .date : .timestamp, cast: cast, unit: unit,
                    zone: zone
                ).first
            }
            let moment = "\"2026-03-01T22:30:00Z\""
            #expect(try await read("'2026-03-01T22:30:00Z'") == moment)
            #expect(try await read("'2026-03-01 23:30:00+01:00'") == moment)
            #expect(try await read("datetime('2026-03-01 22:30')", zone: "UTC") == moment)
            #expect(try await read("datetime('2026-03-01 23:30')", zone: "Europe/Berlin") == moment)
            #expect(try await read("unixepoch('2026-03-01 22:30')", cast: .timestamp) == moment)
            #expect(try await read("unixepoch('2026-03-01 22:30')", cast: .timestamp, unit: .epochSeconds) == moment)
            #expect(try await read("1772404200000", cast: .timestamp, unit: .epochMillis) == moment)
            #expect(try await read("1772404200.0", cast: .timestamp, unit: .epochSeconds) == moment)
            #expect(try await read("julianday('2026-03-01 22:30')", cast: .timestamp) == moment)
            #expect(try await read("julianday('2026-03-01 22:30')", cast: .timestamp, unit: .julianDay) == moment)
            let julian = "julianday('2026-03-01 23:30')"
            #expect(try await read(julian, cast: .date, unit: .julianDay) == "\"2026-03-01\"")
            #expect(try await read(julian, cast: .date, zone: "Europe/Berlin") == "\"2026-03-02\"")
            #expect(try await read("1772407800", cast: .date, zone: "Europe/Berlin") == "\"2026-03-02\"")
            #expect(
                try await read("1772404200.5", cast: .timestamp)?.hasPrefix("! a real that is no Julian day") == true)
            #expect(try await read("1772404200000", cast: .timestamp)?.hasPrefix("! a number that is no Unix") == true)
        }
    }

    /// A column of NUMERIC affinity stores the Julian day of a noon as an integer: it is not read as seconds of 1970.
    @Test func aWholeJulianDayThatSQLiteStoredAsAnIntegerIsNotGuessed() async throws {
        let script = """
            CREATE TABLE t (id INTEGER PRIMARY KEY, v DATETIME);
            INSERT INTO t (v) VALUES (julianday('2026-03-01 12:00')), (julianday('2026-03-01 18:00'));
            """
        try await SQLiteTyping.with(script) { file async throws in
            let sql = "SELECT id, v FROM t ORDER BY id"
            let plain = try await file.typed(sql, as: .timestamp, cast: .timestamp)
            #expect(plain[0].hasPrefix("! an integer that may be Unix seconds of early 1970 or a Julian day"))
            #expect(plain[1] == "\"2026-03-01T18:00:00Z\"")
            #expect(
                try await file.typed(sql, as: .timestamp, cast: .timestamp, unit: .julianDay)
                    == ["\"2026-03-01T12:00:00Z\"", "\"2026-03-01T18:00:00Z\""])
        }
    }
}
