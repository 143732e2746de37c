/// Which project a uid stands for.
struct ProjectIdentity: Sendable, Equatable {
    var uid: String
    var name: String
    var organization: String
    var region: String

    var json: JSONText {
        .members([
            "uid": .string(uid), "name": .string(name), "organization": .string(organization),
            "region": .string(region),
        ])
    }

    /// `project Web shop (64…) of Acme, region na`.
    var phrase: String { "project \(name) (\(uid)) of \(organization), region \(region)" }
}
