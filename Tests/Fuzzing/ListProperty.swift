import Foundation
import SyncCore

@testable import ChangePlanning
@testable import SQLDatabases

/// After an even first byte comes PostgreSQL's binary text array, after an odd one JSON. Its items are those of a
/// decoder of the test's own, or of Foundation's; what is sent are the items sorted, each once.
enum ListProperty {
    private enum Reading {
        case items([[UInt8]?])
        case nested, malformed
    }

    static func check(_ bytes: [UInt8]) throws(Violation) {
        guard let choice = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        if choice.isMultiple(of: 2) { try checkArray(rest) } else { try checkJSON(rest) }
    }

    private static func checkArray(_ bytes: [UInt8]) throws(Violation) {
        var batch = RowBatch(columnCount: 1)
        let cell = bytes.withUnsafeBytes { PGDecoder.textArray.decode($0, into: &batch) }
        switch (decoded(bytes), cell) {
        case (.malformed, nil), (.nested, .nestedList): return
        case (.items(let items), .textList(let slice)):
            var (lists, out) = (StringLists(), [UInt8]())
            let problem: TypingProblem?
            do throws(TypingProblem) {
                try lists.append(encoded: slice, of: batch.bytes, to: &out)
                problem = nil
            } catch { problem = error }
            try compare(items, problem, out)
            let shown = StringLists.shown(slice, of: batch)
            try hold(items.isEmpty == (shown == "[]"), "\(items.count) items are shown as \(shown)")
        case (let expected, _): throw Violation("\(expected) is read as \(String(describing: cell))")
        }
    }

    private static func checkJSON(_ bytes: [UInt8]) throws(Violation) {
        var (lists, out) = (StringLists(), [UInt8]())
        let problem: TypingProblem?
        do throws(TypingProblem) {
            try lists.append(json: ByteSlice(offset: 0, count: UInt32(bytes.count)), of: bytes, to: &out)
            problem = nil
        } catch { problem = error }
        var (plain, plainText) = (PlainJSON(), [UInt8]())
        if plain.appendCanonical(bytes.span, to: &plainText) {
            try hold((try? JSONText.canonical(bytes)) == plainText, "the reader of usual JSON reads something else")
        } else {
            try hold(plainText.isEmpty, "the reader of usual JSON leaves something behind")
        }
        if let canonical = try? JSONText.canonical(bytes) {
            try hold((try? JSONText.canonical(canonical)) == canonical, "canonical JSON changes when it is read again")
        }
        // Foundation guesses UTF-16 and UTF-32 from these, and refuses broken UTF-8, which is refused here item by item.
        let isPlain = !bytes.contains(0) && !bytes.starts(with: [0xEF, 0xBB, 0xBF])
        guard isPlain, String(validating: bytes, as: UTF8.self) != nil else { return }
        let read = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        // Foundation also takes a comma after the last item, which RFC 8259 does not.
        let ending = bytes.filter { !" \t\r\n".utf8.contains($0) }.suffix(2)
        if ending.elementsEqual(",]".utf8) { return }
        guard let items = (read as? [Any])?.map({ $0 as? String }), !items.contains(nil) else {
            return try hold(problem != nil, "a list that Foundation does not read")
        }
        try compare(items.map { $0.map { Array($0.utf8) } }, problem, out)
    }

    private static func compare(_ items: [[UInt8]?], _ problem: TypingProblem?, _ out: [UInt8]) throws(Violation) {
        if let problem {
            let isReason: Bool
            switch problem {
            case .listItemNull: isReason = items.contains(nil)
            case .listItemEmpty: isReason = items.contains([])
            case .listItemWithPipe: isReason = items.contains { $0?.contains(UInt8(ascii: "|")) == true }
            case .nulCharacter: isReason = items.contains { $0?.contains(0) == true }
            case .invalidUTF8:
                isReason = items.contains { $0.map { String(validating: $0, as: UTF8.self) == nil } == true }
            default: isReason = false
            }
            return try hold(isReason, "refused without reason: \(problem), \(items)")
        }
        let sorted = Set(items.compactMap(\.self)).sorted { $0.lexicographicallyPrecedes($1) }
        let text = sorted.isEmpty ? [] : sorted.reduce(into: [124]) { $0 += $1 + [124] }
        try hold(!items.contains(nil) && !items.contains([]), "a null or empty item is sent")
        let count = (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        try hold(out == [6] + count + text, "\(items) is sent as \(out)")
    }

    private static func decoded(_ bytes: [UInt8]) -> Reading {
        var rest = bytes[...]
        func number() -> Int? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return Int(Int32(truncatingIfNeeded: rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }))
        }
        guard let dimensions = number(), number() != nil, number() != nil else { return .malformed }
        if dimensions == 0 { return rest.isEmpty ? .items([]) : .malformed }
        guard dimensions == 1 else { return (2...6).contains(dimensions) ? .nested : .malformed }
        guard let count = number(), number() != nil else { return .malformed }
        var items: [[UInt8]?] = []
        while !rest.isEmpty {
            guard let length = number(), length >= -1, length <= rest.count else { return .malformed }
            items.append(length < 0 ? nil : Array(rest.prefix(length)))
            rest = rest.dropFirst(max(0, length))
        }
        return items.count == count ? .items(items) : .malformed
    }
}
