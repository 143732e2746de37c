import ChangePlanning
import SyncCore
import SyncEngine

/// Rows of a model as `preview` shows them.
struct PreviewReport {
    let preview: ModelPreview
    init(_ preview: ModelPreview) { self.preview = preview }

    /// An object a row: the model's columns as texts, then what each sync would send, typed. Attributes of which nothing
    /// would be sent are not there.
    var json: [JSONText] {
        preview.rows.map { row in
            let columns = zip(preview.columns, row.columns).map { name, text in
                JSONText.Member(key: name, value: .optional(text))
            }
            let syncs = zip(preview.syncs, row.typed).map { sync, typed in
                JSONText.Member(key: sync.name, value: Self.json(sync.attributes, typed))
            }
            return .members(["columns": .object(columns), "syncs": .object(syncs)])
        }
    }

    private static func json(_ attributes: [String], _ typed: ModelPreview.Typed) -> JSONText {
        let sent = zip(attributes, typed.attributes).compactMap { name, value in
            value.map { JSONText.Member(key: name, value: $0.json) }
        }
        let invalid = typed.invalid.map { row in
            JSONText.members(["column": .optional(row.column), "reason": .string(row.reason)])
        }
        return .members(["attributes": .object(sent), "invalid": invalid ?? .null])
    }

    /// The keys as read, each attribute as it would be sent, and why a row would not be; of a model without a sync its
    /// columns.
    func text(_ palette: Palette) -> String {
        guard !preview.syncs.isEmpty else {
            var table = TextTable(preview.columns.map { .text($0) })
            table.rows = preview.rows.map { $0.columns.map(Self.cell) }
            return table.rendered(palette)
        }
        var table = TextTable((keyTitles + attributeTitles + ["invalid"]).map { .text($0) })
        table.rows = preview.rows.map { row in
            let keys = preview.keyColumns.map { Self.cell(row.columns[$0]) }
            let values = zip(preview.syncs, row.typed).flatMap { sync, typed in
                typed.invalid == nil ? typed.attributes.map(Self.cell) : sync.attributes.map { _ in "" }
            }
            return keys + values + [reasons(row)]
        }
        return table.rendered(palette)
    }

    private var keyTitles: [String] { preview.keyColumns.map { preview.columns[$0] } }

    /// `sync.attribute` where the attribute's key alone names two columns of the table.
    private var attributeTitles: [String] {
        let plain = keyTitles + preview.syncs.flatMap(\.attributes) + ["invalid"]
        return preview.syncs.flatMap { sync in
            sync.attributes.map { name in plain.count { $0 == name } > 1 ? "\(sync.name).\(name)" : name }
        }
    }

    /// With several syncs, each reason once and after the name of its sync.
    private func reasons(_ row: ModelPreview.Row) -> String {
        let reasons = zip(preview.syncs, row.typed).compactMap { sync, typed in
            typed.invalid.map { (sync.name, "\($0.column ?? "row"): \($0.reason)") }
        }
        guard preview.syncs.count > 1 else { return reasons.first?.1 ?? "" }
        return reasons.map { "\($0): \($1)" }.joined(separator: "; ")
    }

    private static func cell(_ text: String?) -> String { text.map(shown) ?? "NULL" }

    private static func cell(_ value: ShownValue?) -> String {
        switch value?.attributeValue {
        case nil: "absent"
        case .null?: "NULL"
        case .string(let text)?: shown(text)
        case let other?: other.json
        }
    }

    /// Text without quotes, unless it is empty or reads like something else that a cell may hold.
    private static func shown(_ text: String) -> String {
        let isPlain = !["", "NULL", "absent"].contains(text) && !text.hasPrefix("\"")
        return isPlain ? text : AttributeValue.string(text).json
    }
}
