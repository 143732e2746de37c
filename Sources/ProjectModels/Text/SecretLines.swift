import SyncCore

/// Finds the lines of a file that no finding may show, from what its values are for: a literal secret stands there, or
/// a value whose key nobody knows and that may be one.
struct SecretLines {
    private let file: ProjectFile
    private let starts: [Place]
    private var hidden: Set<Int> = []

    private struct Place: Comparable {
        var line: Int
        var column: Int
        init(_ position: Diagnostic.Position) { (line, column) = (position.line, position.column) }
        static func < (left: Place, right: Place) -> Bool { (left.line, left.column) < (right.line, right.column) }
    }

    /// `document` is as written, before variables are expanded.
    static func find(in document: YAMLDocument, of file: ProjectFile, _ spec: MappingSpec) -> Set<Int> {
        var lines = SecretLines(document, file: file)
        lines.look(at: document.value, .mapping(spec))
        for value in document.dropped { lines.look(at: value, nil) }
        return lines.hidden
    }

    private init(_ document: YAMLDocument, file: ProjectFile) {
        self.file = file
        starts = ([document.value] + document.dropped).flatMap(Self.places).sorted()
    }

    private static func places(in value: YAMLValue) -> [Place] {
        switch value.content {
        case .scalar, .broken: [Place(value.position)]
        case .list(let items): [Place(value.position)] + items.flatMap(places)
        case .mapping(let entries):
            [Place(value.position)] + entries.flatMap { [Place($0.keyPosition)] + places(in: $0.value) }
        }
    }

    /// `kind` is nil where nothing is known of the value.
    private mutating func look(at value: YAMLValue, _ kind: ValueKind?) {
        switch (value.content, kind) {
        case (.broken, _): break
        case (.scalar(let scalar), let kind): look(at: scalar, kind, value.position)
        case (.list(let items), .secretTexts): for item in items { look(at: item, .secret) }
        case (.list(let items), .texts), (.list(let items), .constant), (.list(let items), .constants):
            for item in items { look(at: item, .text) }
        case (.list(let items), .list(let kind)): for item in items { look(at: item, kind) }
        case (.list(let items), _): for item in items { look(at: item, nil) }
        case (.mapping(let entries), .mapping(let spec)), (.mapping(let entries), .oneOf(let spec)):
            look(at: entries) { spec[$0]?.kind }
        case (.mapping(let entries), .named(let kind)):
            for entry in entries { look(at: entry.value, kind) }
        case (.mapping(let entries), .variants(let spec)): look(at: entries) { Self.kind(of: $0, in: spec, entries) }
        case (.mapping(let entries), _): look(at: entries) { _ in nil }
        }
    }

    private mutating func look(at entries: [YAMLEntry], kind: (String) -> ValueKind?) {
        for entry in entries {
            let kind = kind(entry.key)
            // `{url: host=h, password=x}` makes a key of a secret.
            if kind == nil, !entry.isPlainlyNamed { hide(from: entry.keyPosition) }
            look(at: entry.value, kind)
        }
    }

    /// Where the variant is not known, a key is secret when one of the variants takes it so.
    private static func kind(of key: String, in spec: VariantSpec, _ entries: [YAMLEntry]) -> ValueKind? {
        let chosen = entries.first { $0.key == spec.discriminator.name }?.value.scalar
        if let chosen, let mapping = spec.mapping(for: chosen.text) { return mapping[key]?.kind }
        let kinds = spec.variants.compactMap { $0.mapping[key]?.kind }
        return kinds.first(where: \.isSecret) ?? kinds.first
    }

    private mutating func look(at scalar: YAMLScalar, _ kind: ValueKind?, _ position: Diagnostic.Position) {
        switch kind {
        case .httpURL where !scalar.text.contains("@"): return
        case .text, .integer, .number, .boolean, .duration, .byteCount, .percent, .percentOrCount,
            .durationOrCount, .choice, .region,
            .timeZone, .texts, .constant:
            return
        default: break
        }
        if !scalar.isHarmless { hide(from: position) }
    }

    /// Hides a value up to where the next one starts: where a value ends is not known otherwise.
    private mutating func hide(from position: Diagnostic.Position) {
        let start = Place(position)
        let next = starts.first { $0 > start }
        let end = next.map { isFirst($0) && $0.line > start.line ? $0.line - 1 : $0.line } ?? file.lines.count
        if start.line <= end { hidden.formUnion(start.line...end) }
    }

    /// True where nothing stands before a place in its line but the marks of lists and mappings.
    private func isFirst(_ place: Place) -> Bool {
        file.line(place.line)?.prefix(place.column - 1).allSatisfy { $0.isWhitespace || "-?{[,".contains($0) } ?? true
    }
}

extension ValueKind {
    var isSecret: Bool {
        switch self {
        case .secret, .secretTexts: true
        default: false
        }
    }
}

extension YAMLScalar {
    /// As written: nothing, a boolean, or no more than the name of one variable or file.
    fileprivate var isHarmless: Bool {
        switch meaning {
        case .null, .boolean: return true
        default: break
        }
        guard !text.isEmpty else { return true }
        guard text.hasPrefix("${"), text.hasSuffix("}") else { return false }
        let name = text.dropFirst(2).dropLast()
        return !name.contains { "{}$".contains($0) } && !name.contains(":-")
    }
}
