import SyncCore

/// The JSON object that the snapshot holds for a user, and how a row's values compare with it and are written to it.
struct SnapshotValues {
    private var members: [[UInt8]: JSONText.Node] = [:]

    /// Throws `state_inconsistent` for bytes that no plan of ours wrote.
    init(_ json: [UInt8]) throws(Diagnostic) {
        guard case .object(let members)? = try? JSONText.parse(json) else {
            throw .error("state_inconsistent", "the snapshot holds values that are not a JSON object")
        }
        self.members = Dictionary(uniqueKeysWithValues: members)
    }

    func contains(_ attribute: String) -> Bool { members[Array(attribute.utf8)] != nil }

    func isNull(_ attribute: String) -> Bool {
        if case .literal(let text) = members[Array(attribute.utf8)] { text.elementsEqual("null".utf8) } else { false }
    }

    /// Whether the snapshot has this very value, in clear or as its fingerprint.
    func holds(_ json: [UInt8], for attribute: String, keys: KeyRing) -> Bool {
        switch members[Array(attribute.utf8)] {
        case nil: return false
        case .object(let members):
            guard members.count == 1, case .string(let text) = members[0].value else { return false }
            return text.elementsEqual(keys.valueFingerprint(attribute: attribute, json: json).utf8)
        case .literal(let literal): return literal == json
        case .string(let text):
            var printed: [UInt8] = []
            AttributeValue.appendJSONString(text.span, to: &printed)
            return printed == json
        case .array: return false
        }
    }

    /// The same as these mappings let it be kept: personal values as fingerprints, nothing of other attributes. Nil
    /// where that is what it is already.
    func protected(by mappings: [CompiledMapping], keys: KeyRing) -> [UInt8]? {
        let mapped = mappings.compactMap { mapping in members[Array(mapping.key.utf8)].map { (mapping, $0) } }
        func isExposed(_ mapping: CompiledMapping, _ node: JSONText.Node) -> Bool {
            mapping.isProtected && !isNull(mapping.key) && !Self.isFingerprint(node)
        }
        guard mapped.count < members.count || mapped.contains(where: isExposed) else { return nil }
        var kept: [UInt8] = []
        for (mapping, node) in mapped {
            kept.append(UInt8(ascii: kept.isEmpty ? "{" : ","))
            kept += mapping.jsonKey
            let json = Self.json(node)
            kept +=
                isExposed(mapping, node)
                ? Self.fingerprintJSON(keys.valueFingerprint(attribute: mapping.key, json: json)) : json
        }
        return kept.isEmpty ? Array("{}".utf8) : kept + Array("}".utf8)
    }

    private static func isFingerprint(_ node: JSONText.Node) -> Bool {
        if case .object = node { true } else { false }
    }

    static func fingerprintJSON(_ fingerprint: String) -> [UInt8] { Array("{\"fingerprint\":\"\(fingerprint)\"}".utf8) }

    /// Values are scalars and fingerprints: a plan of ours writes nothing else.
    private static func json(_ node: JSONText.Node) -> [UInt8] {
        switch node {
        case .literal(let literal): return literal
        case .string(let text):
            var printed: [UInt8] = []
            AttributeValue.appendJSONString(text.span, to: &printed)
            return printed
        case .object(let members):
            guard case .string(let text)? = members.first?.value else { return Array("null".utf8) }
            return fingerprintJSON(String(decoding: text, as: UTF8.self))
        case .array: return Array("null".utf8)
        }
    }

    /// Attribute by attribute: the value, or the fingerprint that stands for it.
    func shown() -> [String: ShownValue] { mapped { ShownValue($0) } }

    func mapped<Value>(_ transform: (JSONText.Node) -> Value?) -> [String: Value] {
        var result: [String: Value] = [:]
        for (key, node) in members { result[String(decoding: key, as: UTF8.self)] = transform(node) }
        return result
    }
}

/// A row's values, read from its canonical bytes when they are asked for.
struct RowValues {
    let mappings: [CompiledMapping]
    private let canonical: [UInt8]
    /// Where the value of each mapping starts.
    private let starts: [Int]

    init(canonical: [UInt8], mappings: [CompiledMapping]) {
        self.mappings = mappings
        self.canonical = canonical
        var offset = RowTyper.digestSize
        starts = mappings.map { _ in
            defer { offset = canonical.canonicalEnd(at: offset) }
            return offset
        }
    }

    /// The mappings that have a value or null in this row.
    var present: [Int] { starts.indices.filter { !isAbsent($0) } }

    var isEmpty: Bool { starts.indices.allSatisfy(isAbsent) }

    func isAbsent(_ index: Int) -> Bool { canonical[starts[index]] == CanonicalTag.absent }

    /// Absent counts as null too.
    func isNull(_ index: Int) -> Bool { isAbsent(index) || canonical[starts[index]] == CanonicalTag.null }

    /// Nil where absent.
    func json(_ index: Int) -> [UInt8]? {
        guard !isAbsent(index) else { return nil }
        var bytes: [UInt8] = []
        bytes.appendJSON(ofCanonical: canonical, at: starts[index])
        return bytes
    }

    /// Whether the snapshot keeps a fingerprint for any value of the row.
    func holdsProtected(_ attributes: some Sequence<Int>) -> Bool {
        attributes.contains { mappings[$0].isProtected && !isNull($0) }
    }

    /// The body of a PATCH with these attributes.
    func body(_ attributes: [Int]) -> [UInt8] { object(attributes, keys: nil) }

    func snapshotJSON(keys: KeyRing) -> [UInt8] { object(Array(starts.indices), keys: keys) }

    /// With `keys`, personal values stand as their fingerprints.
    private func object(_ attributes: [Int], keys: KeyRing?) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(canonical.count * 2)
        for index in attributes where !isAbsent(index) {
            bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
            bytes += mappings[index].jsonKey
            if let keys, mappings[index].isProtected, !isNull(index), let json = json(index) {
                bytes += SnapshotValues.fingerprintJSON(
                    keys.valueFingerprint(attribute: mappings[index].key, json: json))
            } else {
                bytes.appendJSON(ofCanonical: canonical, at: starts[index])
            }
        }
        return bytes.isEmpty ? Array("{}".utf8) : bytes + Array("}".utf8)
    }
}
