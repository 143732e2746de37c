import SyncCore

/// A Contentstack region and its hosts (https://artifacts.contentstack.com/regions.json).
package struct Region: Sendable, Hashable {
    /// `na`, `eu`, `azure-na` …
    package let id: String
    private let aliases: [String]

    package static let all = [
        Region(id: "na", aliases: ["us", "aws-na", "aws_na"]),
        Region(id: "eu", aliases: ["aws-eu", "aws_eu"]),
        Region(id: "au", aliases: ["aws-au", "aws_au"]),
        Region(id: "azure-na", aliases: ["azure_na"]),
        Region(id: "azure-eu", aliases: ["azure_eu"]),
        Region(id: "gcp-na", aliases: ["gcp_na"]),
        Region(id: "gcp-eu", aliases: ["gcp_eu"]),
    ]

    /// By id or alias, in any case, blanks around it ignored; nothing but blanks means `na`.
    package init?(named name: String) {
        let trimmed = name.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        let wanted = String(trimmed).lowercased()
        guard let found = Self.all.first(where: { wanted == $0.id || $0.aliases.contains(wanted) }) else {
            guard wanted.isEmpty else { return nil }
            self = Self.all[0]
            return
        }
        self = found
    }

    private init(id: String, aliases: [String]) {
        self.id = id
        self.aliases = aliases
    }

    private var prefix: String { id == "na" ? "" : "\(id)-" }

    /// Where users' attributes are written.
    package var edgeURL: String { "https://\(prefix)personalize-edge.contentstack.com" }
    /// Attribute definitions, audiences, projects.
    package var managementURL: String { "https://\(prefix)personalize-api.contentstack.com" }
    /// Pages that a person sees while logging in.
    package var appURL: String { "https://\(prefix)app.contentstack.com" }
    package var developerHubURL: String { "https://\(prefix)developerhub-api.contentstack.com" }
    package var authURL: String { "https://\(prefix)auth-api.contentstack.com" }
    /// The content management API, which logs users in; `na` alone has another domain.
    package var contentManagementURL: String {
        id == "na" ? "https://api.contentstack.io" : "https://\(prefix)api.contentstack.com"
    }
}

extension Region {
    /// Throws `unknown_region`.
    init(of definition: DestinationDefinition) throws(Diagnostic) {
        guard let region = Region(named: definition.region) else {
            throw .error(
                "unknown_region", "destination \(definition.name) has an unknown region", at: definition.position,
                hint: "use one of \(Region.all.map(\.id).joined(separator: ", "))")
        }
        self = region
    }
}
