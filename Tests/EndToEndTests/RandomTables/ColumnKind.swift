/// A kind of column: its type on PostgreSQL, the attribute it is mapped to, how its values are made, and what each must
/// become on either engine. SQLite's columns declare no type.
struct ColumnKind: Sendable {
    var name: String
    var postgresType: String
    /// As in models/attributes.yml.
    var attribute: String
    /// Further keys of the mapping.
    var mapping = ""
    /// A constant for `on_null`, and what it is sent as.
    var constant: (written: String, expected: ExpectedAttribute)
    var make: @Sendable (inout RandomValues) -> GeneratedValue

    static let all: [ColumnKind] = texts + numbers + times + lists

    private static let texts: [ColumnKind] = [
        ColumnKind(name: "text", postgresType: "text", attribute: "type: string", constant: none) { values in
            values.happens(0.01) ? .brokenText(values.brokenText()) : .text(values.text())
        },
        ColumnKind(
            name: "varchar, some values allowed", postgresType: "varchar(40)",
            attribute: "type: string, allowed: [gold, \"silver ü\", none]", constant: none
        ) {
            .text($0.pick(["gold", "gold", "gold", "silver ü", "silver ü", "gold", $0.happens(0.1) ? "Gold" : "gold"]))
        },
        ColumnKind(
            name: "uuid", postgresType: "uuid", attribute: "type: string", mapping: ", cast: string", constant: none
        ) { values in
            let digits = (0..<32).map { _ in values.pick(Array("0123456789abcdef")) }
            let parts = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20...]]
            return .text(parts.map { String($0) }.joined(separator: "-"))
        },
        ColumnKind(
            name: "json", postgresType: "json", attribute: "type: string", mapping: ", cast: json_text", constant: none
        ) { .json($0.json()) },
        ColumnKind(
            name: "int8 as text", postgresType: "int8", attribute: "type: string", mapping: ", cast: string",
            constant: none
        ) { .integer($0.integer(bits: 64)) },
        ColumnKind(
            name: "boolean", postgresType: "boolean", attribute: "type: boolean", constant: ("true", .flag(true))
        ) { .boolean($0.happens(0.5)) },
    ]

    private static let numbers: [ColumnKind] = [
        ColumnKind(name: "int2", postgresType: "int2", attribute: "type: integer", constant: zero) {
            .integer($0.integer(bits: 16))
        },
        ColumnKind(name: "int4", postgresType: "int4", attribute: "type: number", constant: zero) {
            .integer($0.integer(bits: 32))
        },
        ColumnKind(name: "int8", postgresType: "int8", attribute: "type: integer", constant: zero) {
            .integer($0.wideInteger())
        },
        ColumnKind(
            name: "boolean as a number", postgresType: "boolean", attribute: "type: integer",
            mapping: ", cast: integer", constant: zero
        ) { .boolean($0.happens(0.5)) },
        ColumnKind(name: "float8", postgresType: "float8", attribute: "type: number", constant: zero) {
            .real($0.real())
        },
        ColumnKind(name: "float4", postgresType: "float4", attribute: "type: number", constant: zero) {
            .single($0.single())
        },
        ColumnKind(name: "numeric", postgresType: "numeric", attribute: "type: number", constant: zero) {
            .decimal($0.decimal())
        },
    ]

    private static let times: [ColumnKind] = [
        ColumnKind(
            name: "date", postgresType: "date", attribute: "type: date", constant: ("2026-02-28", .text("2026-02-28"))
        ) { values in
            if values.happens(0.005) { return .infinity(isNegative: values.happens(0.5)) }
            if values.happens(0.01) {
                return .day(values.day(years: values.happens(0.5) ? -4000...0 : 10_000...99_999))
            }
            return .day(values.day())
        },
        ColumnKind(
            name: "timestamptz", postgresType: "timestamptz", attribute: "type: timestamp",
            constant: ("2026-02-28T10:00:00Z", .text("2026-02-28T10:00:00Z"))
        ) { $0.moment() },
        ColumnKind(
            name: "timestamptz in seconds", postgresType: "timestamptz",
            attribute: "type: timestamp, encoding: epoch_seconds, precision: truncate",
            constant: ("1970-01-02T00:00:00Z", .number("86400"))
        ) { $0.moment() },
        ColumnKind(
            name: "timestamp", postgresType: "timestamp", attribute: "type: timestamp",
            constant: ("2026-02-28T10:00:00Z", .text("2026-02-28T10:00:00Z"))
        ) { .local($0.localTime()) },
    ]

    private static let lists: [ColumnKind] = [
        ColumnKind(
            name: "text[]", postgresType: "text[]", attribute: "type: string_list", constant: ("[b, a]", .text("|a|b|"))
        ) { $0.list() },
        ColumnKind(
            name: "int8[]", postgresType: "int8[]", attribute: "type: string_list", mapping: ", cast: string_list",
            constant: ("[]", .text(""))
        ) { values in
            .list((0..<values.number(0...4)).map { _ in values.happens(0.01) ? nil : "\(values.integer(bits: 64))" })
        },
    ]

    private static let none = ("none", ExpectedAttribute.text("none"))
    private static let zero = ("0", ExpectedAttribute.number("0"))
}
