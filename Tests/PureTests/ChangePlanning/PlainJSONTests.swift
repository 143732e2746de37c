import SyncCore
import TestKit
import Testing

@testable import ChangePlanning

/// The reader of usual JSON says what the reader of all JSON says, or nothing.
@Suite("Plain JSON") struct PlainJSONTests {
    private static func plain(_ text: String) -> String? {
        var json = PlainJSON()
        var out = Array("before".utf8)
        let isPlain = json.appendCanonical(Array(text.utf8).span, to: &out)
        let written = String(decoding: out, as: UTF8.self)
        #expect(written.hasPrefix("before"))
        #expect(isPlain || written == "before")
        return isPlain ? String(written.dropFirst(6)) : nil
    }

    private static func whole(_ text: String) -> String? {
        (try? JSONText.canonical(Array(text.utf8))).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "usual JSON is read in one pass",
        arguments: [
            (#"{"plan": "pro", "seats": 7, "beta": true}"#, #"{"beta":true,"plan":"pro","seats":7}"#),
            (#" [ 1 , -2.50 , null , [] , {} , "ü" ] "#, #"[1,-2.50,null,[],{},"ü"]"#),
            (#"{"b":{"z":1,"a":[{"y":2,"x":3}]},"a b":0,"a":1}"#, #"{"a":1,"a b":0,"b":{"a":[{"x":3,"y":2}],"z":1}}"#),
            ("0", "0"), (#""""#, #""""#), (#"{"":false}"#, #"{"":false}"#),
        ])
    func usual(text: String, canonical: String) {
        #expect(Self.plain(text) == canonical)
        #expect(Self.whole(text) == canonical)
    }

    @Test(
        "what is wrong or unusual is left to the other reader",
        arguments: [
            "", " ", "{", #"{"a"}"#, #"{"a":1,}"#, "[1,]", "[1 2]", "nul", "nulls", "01", "-", "1.", ".5", "+1", "1e3",
            "\"a",
            "\"\u{1}\"", #""\u0041""#, #""a\nb""#, #"{"a":1,"a":2}"#, #"{"b":1,"a":1,"b":2}"#, "[]]", "{} {}", "tru",
            "[,]",
            String(repeating: "[", count: 200) + String(repeating: "]", count: 200), String(repeating: "1", count: 41),
        ])
    func others(text: String) {
        #expect(Self.plain(text) == nil)
    }

    @Test("both readers agree on random texts of JSON's own characters")
    func agreement() {
        let seed = UInt64.random(in: .min ... .max)
        print("plain JSON seed \(seed)")
        var random = SplitMix(state: seed)
        var read = 0
        for _ in 0..<20_000 {
            let text = Self.text(depth: 0, &random)
            guard let plain = Self.plain(text) else { continue }
            read += 1
            #expect(plain == Self.whole(text), "seed \(seed): \(text)")
        }
        #expect(read > 5000)
    }

    /// JSON for the most part, now and then with a character too many.
    private static func text(depth: Int, _ random: inout SplitMix) -> String {
        if Int.random(in: 0..<60, using: &random) == 0 {
            return ["", "}", ",", "\"", ":", "\\", "x", "-", "0"].randomElement(using: &random) ?? ""
        }
        let blank = ["", "", "", " ", "\n"].randomElement(using: &random) ?? ""
        func key(_ random: inout SplitMix) -> String {
            ["a", "b", "ab", "a b", "a!", "", "é"].randomElement(using: &random) ?? ""
        }
        switch Int.random(in: 0..<(depth > 3 ? 3 : 5), using: &random) {
        case 0: return blank + (["0", "-1", "12.50", "1e5", "00", "-0"].randomElement(using: &random) ?? "")
        case 1: return (["null", "true", "false"].randomElement(using: &random) ?? "") + blank
        case 2: return "\"\(key(&random))\""
        case 3:
            let items = (0..<Int.random(in: 0..<4, using: &random)).map { _ in text(depth: depth + 1, &random) }
            return "[" + blank + items.joined(separator: blank + ",") + "]"
        default:
            let members = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                "\"\(key(&random))\"\(blank):" + text(depth: depth + 1, &random)
            }
            return "{" + members.joined(separator: "," + blank) + blank + "}"
        }
    }
}
