/// An attribute as the project defines it: it has no type there.
package struct RemoteAttribute: Sendable, Hashable, Decodable {
    /// What audience rules refer to.
    package var uid: String
    /// What is written to.
    package var key: String
    package var name: String
    package var description: String?
    /// Computed of the visit; nobody can write it.
    package var isPreset: Bool

    package init(uid: String, key: String, name: String, description: String? = nil, isPreset: Bool = false) {
        self.uid = uid
        self.key = key
        self.name = name
        self.description = description
        self.isPreset = isPreset
    }

    private enum Key: String, CodingKey {
        case uid, key, name, description
        case olderUID = "_id"
        case kind = "__type"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        key = try container.decode(String.self, forKey: .key)
        name = try container.decodeIfPresent(String.self, forKey: .name) ?? key
        description = try container.decodeIfPresent(String.self, forKey: .description)
        isPreset = try container.decodeIfPresent(String.self, forKey: .kind) == "PRESET"
        uid =
            try container.decodeIfPresent(String.self, forKey: .uid)
            ?? container.decode(String.self, forKey: .olderUID)
    }
}

/// An audience of the project.
package struct RemoteAudience: Sendable, Hashable, Decodable {
    package var uid: String
    package var name: String
    package var description: String?
    package var rule: AudienceRule
    /// Its members are decided elsewhere: `LYTICS`.
    package var source: String?

    package init(uid: String, name: String, description: String? = nil, rule: AudienceRule, source: String? = nil) {
        self.uid = uid
        self.name = name
        self.description = description
        self.rule = rule
        self.source = source
    }

    private enum CodingKeys: String, CodingKey {
        case uid, name, description, source
        case rule = "definition"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        uid = try container.decode(String.self, forKey: .uid)
        name = try container.decodeIfPresent(String.self, forKey: .name) ?? uid
        description = try container.decodeIfPresent(String.self, forKey: .description)
        source = try container.decodeIfPresent(String.self, forKey: .source)
        // One audience of a form that came later must not hide the others.
        rule = (try? container.decode(AudienceRule.self, forKey: .rule)) ?? .illegible
    }
}

/// A Personalize project.
package struct RemoteProject: Sendable, Hashable, Decodable {
    package var uid: String
    package var name: String
    package var organizationUID: String?

    private enum CodingKeys: String, CodingKey {
        case uid, name
        case organizationUID = "organizationUid"
    }
}
