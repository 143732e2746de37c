import SyncCore

/// What may stand behind a key. The check of the files and the editors' schemas both come from these tables.
indirect enum ValueKind: Sendable {
    case text
    /// Never shown in a message, nor the line that holds it.
    case secret
    case integer(minimum: Int64)
    /// −∞: any number.
    case number(minimum: Double)
    case boolean
    case duration
    case byteCount
    /// `5%`.
    case percent
    /// `5%` or a count.
    case percentOrCount
    /// `10m` or a count.
    case durationOrCount
    case choice([String])
    /// A region of Contentstack or one of its aliases.
    case region
    /// An absolute http or https URL.
    case httpURL
    /// An IANA name.
    case timeZone
    /// A text, or a list of texts with at least one.
    case texts
    case secretTexts
    /// A scalar or a list; typed against an attribute by the section that reads it.
    case constant
    /// A list of scalars.
    case constants
    case mapping(MappingSpec)
    /// One of the words, or a mapping with exactly one of the keys.
    case choiceOrOneOf([String], MappingSpec)
    /// A mapping with exactly one of the keys.
    case oneOf(MappingSpec)
    /// Names chosen by the user, each with a value.
    case named(ValueKind)
    case list(ValueKind)
    /// A mapping whose keys depend on the value of one of them.
    case variants(VariantSpec)
}

struct KeySpec: Sendable {
    var name: String
    var kind: ValueKind
    var description: String
    var isRequired: Bool
    /// `null` is a value of its own.
    var isNullable: Bool

    init(
        _ name: String, _ kind: ValueKind, _ description: String, required: Bool = false, nullable: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.description = description
        isRequired = required
        isNullable = nullable
    }
}

/// The keys of one mapping.
struct MappingSpec: Sendable {
    /// For messages: `a source`.
    var title: String
    var keys: [KeySpec]

    subscript(name: String) -> KeySpec? { keys.first { $0.name == name } }

    /// The key that an unknown one was most likely meant to be, among those that are not written.
    func nearestKey(to name: String, written entries: [YAMLEntry]) -> String? {
        NearestName.find(name, among: keys.map(\.name).filter { key in !entries.contains { $0.key == key } })
    }
}

/// Mappings told apart by the text of one key.
struct VariantSpec: Sendable {
    var title: String
    var discriminator: KeySpec
    var variants: [(name: String, mapping: MappingSpec)]

    init(
        _ title: String, by name: String, _ description: String, common: [KeySpec] = [],
        variants: [(name: String, keys: [KeySpec])]
    ) {
        let discriminator = KeySpec(name, .choice(variants.map(\.name)), description, required: true)
        self.title = title
        self.discriminator = discriminator
        self.variants = variants.map { variant in
            (variant.name, MappingSpec(title: title, keys: [discriminator] + variant.keys + common))
        }
    }

    func mapping(for name: String) -> MappingSpec? { variants.first { $0.name == name }?.mapping }
}
