import Crypto
import ProjectModels
import SyncCore
import Testing

@testable import ChangePlanning

/// Row digests stand for typing that was done before: under rules of whose every part they are made.
@Suite("Typing rules") struct TypingRulesTests {
    private static let cells: [TestCell] = [
        .plain(.boolean(true)), .integer(0), .integer(-7), .integer(1_700_000_000), .integer(9_007_199_254_740_993),
        .plain(.double(0.1)), .plain(.double(-0.0)), .plain(.double(2_460_000.75)), .plain(.double(.infinity)),
        .plain(.float(0.1)), .plain(.decimal(mantissa: 150, scale: 2)), .big("123456789012345678901.5"), .big("NaN"),
        .text("gold"), .text(" 42 "), .text("1.50"), .text("true"), .text("2026-03-29"), .text(#"["a","b"]"#),
        .text("2026-03-29T02:30:00"), .text("2026-11-25T16:00:00.123456Z"), .text("a|b"), .raw([0xFF]),
        .uuid(Array(0..<16)), .plain(.date(20_000)), .plain(.timestamp(1_700_000_000_123_456)),
        .plain(.localTimestamp(1_774_751_400_000_000)), .plain(.infiniteTime(isNegative: true)),
        .list(["a", "b|c", nil]), .list([]), .plain(.nestedList), .json(#"{"b":1,"a":[true,null]}"#), .json(#"["x"]"#),
    ]

    /// Mappings of every kind: types with casts, encodings, limits, templates with filters, nulls.
    private static func mappings() throws -> [Mapping] {
        let casts: [(Cast?, TimeUnit?)] =
            [(nil, nil)] + Cast.allCases.map { ($0, nil) } + TimeUnit.allCases.map { (.timestamp, $0) }
        func attribute(
            _ type: AttributeType, _ change: (inout AttributeDefinition) -> Void = { _ in }
        ) -> AttributeDefinition {
            var attribute = PlanningBench.attribute("v", type)
            change(&attribute)
            return attribute
        }
        var mappings = AttributeType.allCases.flatMap { type in
            casts.map { Mapping(origin: .column("v"), attribute: attribute(type), cast: $0, castUnit: $1) }
        }
        for encoding in TimestampEncoding.allCases {
            for precision in TimestampPrecision.allCases {
                let time = attribute(.timestamp) { ($0.encoding, $0.precision) = (encoding, precision) }
                mappings.append(Mapping(origin: .column("v"), attribute: time))
            }
        }
        let limited: [AttributeDefinition] = [
            attribute(.integer) { $0.limits = AttributeLimits(minimum: -1, maximum: 7) },
            attribute(.string) { $0.limits = AttributeLimits(maximumLength: 3) },
            attribute(.string) { $0.allowed = [.string("gold")] },
            attribute(.stringList) { $0.allowed = [.string("a")] },
        ]
        mappings += limited.map { Mapping(origin: .column("v"), attribute: $0) }
        let policies: [Mapping.NullPolicy] = [.skip, .null, .constant(.string("none"))]
        mappings += policies.map { Mapping(origin: .column("v"), attribute: attribute(.string), onNull: $0) }
        let format = try DateFormat("%Y %y %m %B %b %d %j %A %a %u %H %I %M %S %L %f %p %-d %F %T %%")
        let filters: [[TemplateFilter]] = [
            [], [.trim], [.upper], [.lower], [.capitalize], [.date(try DateFormat("%F"))], [.date(format), .upper],
        ]
        mappings += filters.map { filters in
            Mapping(
                origin: .template(Template(parts: [.text("<"), .column("v", filters: filters), .text(">")])),
                attribute: attribute(.string))
        }
        return mappings
    }

    /// Every cell through every mapping, of a column of either kind, and as uid and primary key: a line each.
    private static func outcomes() throws -> [String] {
        var lines: [String] = []
        let more: [TestCell] = [.null, .text("  straße ŉ ǆ İ\u{85}"), .text("élan vital")]
        func add(_ bench: PlanningBench, _ row: (TestCell) -> [TestCell]) throws {
            var typer = try RowTyper(sync: bench.sync, columns: bench.columns)
            for cell in cells + more {
                let misfit = typer.type(row: 0, of: TestCell.batch([row(cell)], columns: 2))
                let values = misfit.map { "\($0.problem)" } ?? "\(typer.canonical.dropFirst(RowTyper.digestSize))"
                lines.append("\(lines.count) \(values) \(typer.uid) \(typer.primaryKey)")
            }
        }
        for type in [SourceType.dynamic, .text] {
            let columns = [
                ColumnDescription(name: "id", type: .integer, typeName: ""),
                ColumnDescription(name: "v", type: type, typeName: ""),
            ]
            for mapping in try mappings() {
                try add(PlanningBench(mappings: [mapping], columns: columns, timeZone: "Europe/Berlin")) {
                    [.integer(1), $0]
                }
            }
            for keys in [["v"], ["id", "v"]] {
                try add(PlanningBench(mappings: [], columns: columns, primaryKey: keys, match: "v")) {
                    [.integer(1), $0]
                }
            }
        }
        return lines
    }

    @Test("equal cells are typed as they were when typing got its version")
    func typingVersion() throws {
        let text = try Self.outcomes().joined(separator: "\n")
        let digest = KeyRing.hex(SHA256.hash(data: Array(text.utf8)).prefix(8))
        #expect(
            "\(RowDigester.typingVersion) \(digest)" == "1 5ba99c0a425333de",
            """
            Typing makes other values of some cells than before. If that is meant, raise RowDigester.typingVersion, or \
            states in use will go on calling such rows unchanged; then write the new digest here.
            """)
    }

    private static let definition = PlanningBench(
        mappings: [Mapping(origin: .column("v"), attribute: PlanningBench.attribute("v", .timestamp))], columns: []
    ).sync

    private static let changes: [(what: String, change: @Sendable (inout SyncDefinition) -> Void)] = [
        ("origin", { $0.mappings[0].origin = .column("w") }),
        ("constant", { $0.mappings[0].origin = .value(.integer(1)) }),
        ("template", { $0.mappings[0].origin = .template(Template(parts: [.column("v")])) }),
        ("filter", { $0.mappings[0].origin = .template(Template(parts: [.column("v", filters: [.upper])])) }),
        ("cast", { $0.mappings[0].cast = .timestamp }),
        ("unit", { ($0.mappings[0].cast, $0.mappings[0].castUnit) = (.timestamp, .epochMillis) }),
        ("on_null", { $0.mappings[0].onNull = .null }),
        ("constant on_null", { $0.mappings[0].onNull = .constant(.integer(1)) }),
        ("key", { $0.mappings[0].attribute.key = "w" }),
        ("type", { $0.mappings[0].attribute.type = .string }),
        ("allowed", { $0.mappings[0].attribute.allowed = [.string("gold")] }),
        ("min", { $0.mappings[0].attribute.limits.minimum = 1 }),
        ("max", { $0.mappings[0].attribute.limits.maximum = 1 }),
        ("max_length", { $0.mappings[0].attribute.limits.maximumLength = 1 }),
        ("pii", { $0.mappings[0].attribute.isPII = true }),
        ("encoding", { $0.mappings[0].attribute.encoding = .epochMillis }),
        ("precision", { $0.mappings[0].attribute.precision = .truncate }),
        ("time_zone", { $0.model.timeZone = "Europe/Berlin" }),
        ("primary_key", { $0.model.primaryKey = ["other"] }),
        ("match", { $0.match.column = "other" }),
        ("match.pii", { $0.match.isPII = true }),
        ("one more mapping", { $0.mappings.append($0.mappings[0]) }),
    ]

    @Test("every part of a definition that typing goes by is one of the rules")
    func everyPart() throws {
        var texts = [DefinitionDigest.typingText(of: Self.definition)]
        for (what, change) in Self.changes {
            var sync = Self.definition
            change(&sync)
            let text = DefinitionDigest.typingText(of: sync)
            #expect(!texts.contains(text), "\(what)")
            texts.append(text)
        }
    }

    @Test("a part that is added to a definition has a place above, or is none of typing's")
    func noPartForgotten() {
        func parts(_ value: Any) -> [String] { Mirror(reflecting: value).children.compactMap(\.label) }
        let mapping = Self.definition.mappings[0]
        #expect(
            parts(mapping) == [
                "origin", "attribute", "cast", "castUnit", "onNull", "onRemoved", "position", "templatePositions",
            ])
        #expect(
            parts(mapping.attribute) == [
                "key", "type", "allowed", "limits", "description", "isPII", "encoding", "precision", "position",
            ])
        #expect(parts(mapping.attribute.limits) == ["minimum", "maximum", "maximumLength"])
        #expect(parts(Self.definition.match) == ["column", "isPII", "position"])
    }

    @Test("the columns' types are among the rules too")
    func columnTypes() throws {
        func rules(_ type: SourceType) throws -> String {
            let columns = [
                ColumnDescription(name: "id", type: .integer, typeName: ""),
                ColumnDescription(name: "v", type: type, typeName: ""),
            ]
            return try RowTyper(sync: Self.definition, columns: columns).rules(definitions: "")
        }
        #expect(try rules(.text) != rules(.dynamic))
    }
}
