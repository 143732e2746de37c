import SyncCore
import TestKit
import Testing

@testable import ChangePlanning

/// What a mapping adds to the typing of one value: templates, constants, `allowed`, masks.
@Suite("Typing of mappings") struct MappingTypingTests {
    private static func bench(_ mapping: Mapping, _ types: SourceType..., isPII: Bool = false) -> PlanningBench {
        var columns = [ColumnDescription(name: "id", type: .text, typeName: "text")]
        for (index, type) in types.enumerated() {
            columns.append(ColumnDescription(name: "c\(index + 1)", type: type, typeName: "t"))
        }
        return PlanningBench(mappings: [mapping], columns: columns, isPII: isPII)
    }

    private static let name = Template(parts: [.column("c1"), .text(" & "), .column("c2")])

    @Test("a template is plain text of its columns")
    func template() throws {
        let mapping = Mapping(origin: .template(Self.name), attribute: PlanningBench.attribute("a", .string))
        let outcome = try Self.bench(mapping, .text, .decimal)
            .plan([[.text("u"), .text("<b>"), .plain(.decimal(mantissa: 150, scale: 2))]])
        #expect(outcome.body("u") == #"{"a":"<b> & 1.5"}"#)
    }

    @Test("a template with a null column is null, and on_null applies")
    func templateWithNull() throws {
        var mapping = Mapping(origin: .template(Self.name), attribute: PlanningBench.attribute("a", .string))
        let row: [TestCell] = [.text("u"), .text("x"), .null]
        #expect(try Self.bench(mapping, .text, .text).plan([row]).body("u") == nil)
        mapping.onNull = .null
        #expect(try Self.bench(mapping, .text, .text).plan([row]).body("u") == #"{"a":null}"#)
        mapping.onNull = .constant(.string("nobody"))
        #expect(try Self.bench(mapping, .text, .text).plan([row]).body("u") == #"{"a":"nobody"}"#)
    }

    @Test("an invalid row names the very column of a template that does not fit")
    func templateFault() throws {
        let mapping = Mapping(origin: .template(Self.name), attribute: PlanningBench.attribute("a", .string))
        let outcome = try Self.bench(mapping, .text, .text).plan([[.text("u"), .text("good"), .raw([65, 0])]])
        let invalid = try #require(outcome.invalid.first)
        #expect(invalid.column == "c2")
        #expect(invalid.reason == "text with a NUL character")
        #expect(invalid.value?.contains("good") == false)
    }

    @Test(
        "every item of a list is held against allowed",
        arguments: [
            (["a"], #"{"a":"|a|"}"#), (["b", "a"], #"{"a":"|a|b|"}"#), ([], #"{"a":""}"#), (["a", "c"], nil),
            (["ab"], nil),
        ] as [([String], String?)])
    func allowedItems(items: [String], body: String?) throws {
        var attribute = PlanningBench.attribute("a", .stringList)
        attribute.allowed = [.string("a"), .string("b")]
        let outcome = try Self.bench(Mapping(origin: .column("c1"), attribute: attribute), .textArray)
            .plan([[.text("u"), .list(items)]])
        #expect(outcome.body("u") == body)
        let reasons = body == nil ? ["a value outside the attribute's allowed values"] : []
        #expect(outcome.invalid.map(\.reason) == reasons)
    }

    @Test("an invalid list is shown with its items")
    func shownList() throws {
        let mapping = Mapping(origin: .column("c1"), attribute: PlanningBench.attribute("a", .stringList))
        let outcome = try Self.bench(mapping, .textArray).plan([[.text("u"), .list(["x", nil, "|"])]])
        #expect(outcome.invalid.map(\.value) == [#"["x",null,"|"]"#])
    }

    @Test("allowed compares typed values, and leaves nulls alone")
    func allowedNumbers() throws {
        var attribute = PlanningBench.attribute("a", .number)
        attribute.allowed = [.integer(1), .number(2.5)]
        var mapping = Mapping(origin: .column("c1"), attribute: attribute)
        mapping.onNull = .null
        let outcome = try Self.bench(mapping, .decimal).plan([
            [.text("u1"), .plain(.decimal(mantissa: 100, scale: 2))], [.text("u2"), .big("2.50")],
            [.text("u3"), .null], [.text("u4"), .integer(2)],
        ])
        #expect(outcome.body("u1") == #"{"a":1}"#)
        #expect(outcome.body("u2") == #"{"a":2.5}"#)
        #expect(outcome.body("u3") == #"{"a":null}"#)
        #expect(outcome.invalid.map(\.key) == ["u4"])
    }

    @Test(
        "a value outside the attribute's limits is invalid, and named with the limit",
        arguments: [
            (TestCell.integer(0), AttributeType.integer, #"{"a":0}"#, nil), (.integer(10), .integer, #"{"a":10}"#, nil),
            (.integer(-1), .integer, nil, "a value below the attribute's min 0"),
            (.integer(11), .integer, nil, "a value above the attribute's max 10"),
            (.plain(.double(10.5)), .number, nil, "a value above the attribute's max 10"),
            (.plain(.double(-0.0)), .number, #"{"a":0}"#, nil),
            (.text("äöü"), .string, #"{"a":"äöü"}"#, nil), (.text("👍👍👍"), .string, #"{"a":"👍👍👍"}"#, nil),
            (.text("e\u{301}e\u{301}"), .string, nil, "a text longer than the attribute's max_length 3"),
            (.null, .integer, #"{"a":null}"#, nil),
        ] as [(TestCell, AttributeType, String?, String?)])
    func limits(cell: TestCell, type: AttributeType, body: String?, reason: String?) throws {
        var attribute = PlanningBench.attribute("a", type)
        attribute.limits =
            type == .string ? AttributeLimits(maximumLength: 3) : AttributeLimits(minimum: 0, maximum: 10)
        let mapping = Mapping(origin: .column("c1"), attribute: attribute, onNull: .null)
        let source: SourceType = type == .string ? .text : type == .integer ? .integer : .double
        let outcome = try Self.bench(mapping, source).plan([[.text("u"), cell]])
        #expect(outcome.body("u") == body)
        #expect(outcome.invalid.map(\.reason) == [reason].compactMap { $0 })
    }

    @Test(
        "float4 is sent as its own shortest decimal, whole or not",
        arguments: [
            (Float(0.1), "0.1"), (123_456_792, "123456790"), (1e20, "1e+20"), (16_777_216, "16777216"),
            (-0.0, "0"), (-2.5, "-2.5"),
        ])
    func singles(value: Float, expected: String) throws {
        let mapping = Mapping(origin: .column("c1"), attribute: PlanningBench.attribute("a", .number))
        let outcome = try Self.bench(mapping, .float).plan([[.text("u"), .plain(.float(value))]])
        #expect(outcome.body("u") == #"{"a":\#(expected)}"#)
    }

    @Test("a cast to text takes what is no finite number; a template does not")
    func nonFinite() throws {
        var mapping = Mapping(origin: .column("c1"), attribute: PlanningBench.attribute("a", .string), cast: .string)
        for (cell, text) in [
            (TestCell.plain(.double(.nan)), "NaN"), (.plain(.float(-.infinity)), "-Infinity"), (.big("NaN"), "NaN"),
        ] {
            #expect(try Self.bench(mapping, .double).plan([[.text("u"), cell]]).body("u") == #"{"a":"\#(text)"}"#)
        }
        mapping = Mapping(
            origin: .template(Template(parts: [.column("c1")])), attribute: PlanningBench.attribute("a", .string))
        let outcome = try Self.bench(mapping, .double).plan([[.text("u"), .plain(.double(.nan))]])
        #expect(outcome.invalid.map(\.reason) == ["not a finite number"])
    }

    @Test("JSON fits nothing without json_text", arguments: [Cast.string, .sha256])
    func json(cast: Cast) {
        let attribute = PlanningBench.attribute("a", .string)
        let bench = Self.bench(Mapping(origin: .column("c1"), attribute: attribute, cast: cast), .json)
        let findings = SyncCheck.findings(sync: bench.sync, columns: bench.columns, dialect: .postgres)
        #expect(findings.map(\.code) == ["type_mismatch"])
    }
}
