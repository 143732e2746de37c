import SyncCore
import TestKit
import Testing

@testable import ProjectModels

@Suite struct AttributeFileMergeTests {
    private typealias Addition = AttributeFileMerge.Addition

    @Test func addsBehindWhatIsThereAndLeavesThatAlone() throws {
        let text = """
            # What the shop knows of its members.
            attributes:
              points: {type: integer}   # of the card

              tier:
                type: string
                # from low to high
                allowed: [bronze, silver]

            # The end.

            """
        let merged = try AttributeFileMerge(text).adding([
            Addition(key: "tier", type: .number), Addition(key: "visits", type: .number, description: "How often"),
            Addition(key: "vip", type: .boolean, comment: "by the rules of: VIPs"),
        ])
        #expect(
            merged == """
                # What the shop knows of its members.
                attributes:
                  points: {type: integer}   # of the card

                  tier:
                    type: string
                    # from low to high
                    allowed: [bronze, silver]
                  visits: {type: number, description: How often}
                  # by the rules of: VIPs
                  vip: {type: boolean}

                # The end.

                """)
    }

    @Test(arguments: ["", "# nothing yet\n", "attributes:\n", "attributes:   # nothing yet\n"])
    func beginsAFile(text: String) throws {
        let merged = try AttributeFileMerge(text).adding([Addition(key: "a", type: .string)])
        #expect(merged == (text.hasPrefix("attributes") ? text : text + "attributes:\n") + "  a: {type: string}\n")
        #expect(try AttributeFileMerge(merged).keys() == ["a"])
    }

    @Test func keepsTheFilesLineEndsAndItsIndentation() throws {
        let merged = try AttributeFileMerge("attributes:\r\n    a: {type: string}").adding([
            Addition(key: "b", type: .date)
        ])
        #expect(merged == "attributes:\r\n    a: {type: string}\r\n    b: {type: date}\r\n")
    }

    @Test func twiceChangesNothing() throws {
        let additions = [Addition(key: "a", type: .string), Addition(key: "b", type: .number, comment: "why")]
        let once = try AttributeFileMerge("attributes:\n  c: {type: date}\n").adding(additions)
        #expect(try AttributeFileMerge(once).adding(additions) == once)
    }

    @Test(arguments: ["attributes: {a: {type: string}}\n", "{attributes: {a: {type: string}}}\n", "attributes: {}\n"])
    func aFileWithoutRoomIsRefused(text: String) throws {
        let failure = #expect(throws: AttributeFileMerge.Failure.self) {
            try AttributeFileMerge(text).adding([Addition(key: "b", type: .string)])
        }
        #expect(failure?.findings.map(\.code) == ["attributes_style"])
        #expect(failure?.findings.first?.position?.line == 1)
        #expect(try AttributeFileMerge(text).adding([]) == text)
    }

    @Test(arguments: ["attributes:\n  a: {type: string\n", "attributes:\n  a: 1\n  a: 2\n", "- a\n", "attributes: ~\n"])
    func aFileThatCannotBeReadIsRefused(text: String) {
        #expect(throws: AttributeFileMerge.Failure.self) {
            try AttributeFileMerge(text).adding([Addition(key: "b", type: .string)])
        }
    }

    @Test(arguments: [
        "plain words", "yes", "a: b", "#5", "it's \"quoted\" \\ here", "two\nlines\r\n\tand a tab", "${HOME}",
        "Größe 🎉",
        " blanks ", "\u{1}\u{85}\u{2028}", "- item", "{x}", "1e5", "null", "x\u{E000}",
    ])
    func anyTextIsReadBack(text: String) throws {
        let file = "models/attributes.yml"
        let sound = try #require(SampleProject.soundFiles[file] ?? nil)
        let merged = try AttributeFileMerge(sound).adding([
            Addition(key: text, type: .string, description: text, comment: text)
        ])
        #expect(merged.hasPrefix(sound))
        let (project, findings) = try SampleProject([file: merged]).load()
        #expect(findings.isEmpty, "\(findings)")
        let attribute = try #require(project?.attributes.last)
        #expect(attribute.key == text && attribute.description == text)
    }

    /// Whatever stands in the file, and however it is written: what was there is there, line for line.
    @Test func onlyAddsLines() throws {
        var random = SplitMix(state: 11)
        for _ in 0..<300 {
            var text = Bool.random(using: &random) ? "# head\n" : ""
            text += "attributes:\n"
            let indent = String(repeating: " ", count: Int.random(in: 1...4, using: &random))
            for number in 0..<Int.random(in: 0...4, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text += "\(indent)k\(number): {type: string}\n"
                case 1: text += "\(indent)k\(number):\n\(indent)  type: string\n\n"
                case 2: text += "\(indent)# about\n\(indent)k\(number): {type: string,\n\(indent)  description: x}\n"
                default:
                    text +=
                        "\(indent)k\(number):\n\(indent)  type: string\n\(indent)  description: |\n\(indent)    x: y\n"
                }
            }
            if Bool.random(using: &random) { text += "# tail\n" }
            let merged = try AttributeFileMerge(text).adding([Addition(key: "new", type: .boolean)])
            let (before, after) = (text.split(separator: "\n"), merged.split(separator: "\n"))
            #expect(after.count == before.count + 1, "\(text)")
            #expect(after.filter { !$0.contains("new: {") } == before, "\(text)")
            #expect(try AttributeFileMerge(merged).keys() == (try AttributeFileMerge(text).keys()) + ["new"])
        }
    }
}
