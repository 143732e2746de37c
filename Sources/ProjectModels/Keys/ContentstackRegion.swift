/// A region of Contentstack, by its id. Ids and aliases: https://artifacts.contentstack.com/regions.json
enum ContentstackRegion {
    static let ids = ["na", "eu", "au", "azure-na", "azure-eu", "gcp-na", "gcp-eu"]

    static let aliases = [
        "us": "na", "aws-na": "na", "aws-eu": "eu", "aws-au": "au",
    ]

    /// Resolves an id or alias; case and surrounding space do not count, `_` is `-`, an empty text is `na`.
    static func id(for text: String) -> String? {
        let name = String(text.lowercased().split(separator: " ").joined(separator: " ")).replacing("_", with: "-")
        if name.isEmpty { return "na" }
        return ids.contains(name) ? name : aliases[name]
    }

    /// Host of the region's edge API.
    static func edgeHost(of id: String) -> String {
        (id == "na" ? "" : id + "-") + "personalize-edge.contentstack.com"
    }
}
