import SyncCore

/// Where the models of a project are.
struct ModelPaths {
    struct Path {
        /// The name of its files, which is unique in the project whatever folder they are in.
        var name: String
        /// Both relative to the project.
        var yml: String
        var sql: String

        init(stem: String) {
            name = ModelPaths.name(ofStem: stem)
            (yml, sql) = (stem + ".yml", stem + ".sql")
        }
    }

    private let folder: ProjectFolder
    private let findings: Findings

    init(_ folder: ProjectFolder, findings: Findings) { (self.folder, self.findings) = (folder, findings) }

    /// Every model that is written, each name once; reports files that are none.
    func paths() -> [Path] {
        let misnamed = folder.misnamedModelFiles()
        for (file, stem) in misnamed {
            findings.error(
                "wrong_extension", "\(file) is not read: the ending is .yml", at: Diagnostic.Position(file, line: 1),
                hint: "rename it to \(stem).yml")
        }
        let stems = folder.modelStems(withExtension: "yml").filter { $0 + ".yml" != AttributeSection.file }
        for stem in folder.modelStems(withExtension: "sql")
        where !stems.contains(stem) && !misnamed.contains(where: { $0.stem == stem }) {
            findings.warning(
                "missing_model_file", "the statement is not used: there is no \(stem).yml",
                at: Diagnostic.Position(stem + ".sql", line: 1))
        }
        return unique(stems.map(Path.init))
    }

    private func unique(_ paths: [Path]) -> [Path] {
        var first: [String: Path] = [:]
        return paths.filter { path in
            let start = Diagnostic.Position(path.yml, line: 1)
            if path.name == "attributes" {
                findings.error(
                    "misplaced_file", "the attribute definitions are read from \(AttributeSection.file) only", at: start
                )
                return false
            }
            if ReservedNames.holds(path.name) {
                findings.error("reserved_name", ReservedNames.message("model", path.name), at: start)
            }
            if let earlier = first[path.name] {
                findings.error(
                    "duplicate_model", "a model `\(path.name)` is already at \(earlier.yml)", at: start,
                    hint: "a model's name is that of its file, and unique in all folders")
                return false
            }
            first[path.name] = path
            return true
        }
    }

    private static func name(ofStem stem: String) -> String {
        stem.lastIndex(of: "/").map { String(stem[stem.index(after: $0)...]) } ?? stem
    }
}
