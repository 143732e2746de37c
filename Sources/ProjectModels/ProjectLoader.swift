import Foundation
package import SyncCore

/// What the files of a project say, sound or not.
package struct ProjectReading: Sendable {
    /// Of all files, sorted by file, line and column.
    package internal(set) var findings: [Diagnostic]
    /// Nil when a finding is an error.
    package internal(set) var project: Project?
    /// The parts that are sound in themselves, also when others are not: enough to ask the databases what they think
    /// of the statements, never enough to run. A sync whose destination is wrong stands here with an empty one.
    package internal(set) var draft: Project?
    /// Where the state is, also when nothing else is sound; nil when headrace.yml does not say it legibly.
    package internal(set) var stateLocation: StateDefinition.Location?
    /// Every sync that is written, by name, and the name of its model.
    package internal(set) var writtenSyncs: [(name: String, model: String)] = []
    /// For findings that come later, from the databases.
    package internal(set) var sourceLines = SourceLines()
}

/// Turns the files of a project into definitions, or into everything that is wrong with them.
package enum ProjectLoader {
    /// Reads the project in `directory`; `environment` feeds `${NAME}`, and `variables`, as text, replace those of `vars`.
    package static func read(
        directory: String, environment: [String: String], variables: [String: String] = [:]
    ) -> ProjectReading {
        let directory = ProjectPaths.absolute(directory, in: FileManager.default.currentDirectoryPath)
        let loading = ProjectLoading(directory: directory, environment: environment, variables: variables)
        var reading = loading.load()
        reading.sourceLines = loading.sourceLines()
        reading.findings = loading.findings.sorted(reading.sourceLines)
        reading.draft?.sourceLines = reading.sourceLines
        if !loading.findings.hasErrors { reading.project = reading.draft }
        return reading
    }

    /// The same without the draft.
    package static func load(
        directory: String, environment: [String: String]
    ) -> (project: Project?, findings: [Diagnostic]) {
        let reading = read(directory: directory, environment: environment)
        return (reading.project, reading.findings)
    }

    /// The nearest of `path` and its parents that holds a headrace.yml.
    /// Throws `no_project` when none does.
    package static func findProjectDirectory(startingAt path: String) throws(Diagnostic) -> String {
        let start = ProjectPaths.absolute(path, in: FileManager.default.currentDirectoryPath)
        var folder = URL(filePath: start, directoryHint: .isDirectory).standardizedFileURL
        while true {
            let file = folder.appending(path: Configuration.fileName).path(percentEncoded: false)
            if FileManager.default.fileExists(atPath: file) {
                return ProjectPaths.absolute(folder.path(percentEncoded: false), in: "/")
            }
            let parent = folder.deletingLastPathComponent().standardizedFileURL
            guard parent.path(percentEncoded: false).count < folder.path(percentEncoded: false).count else { break }
            folder = parent
        }
        throw .error(
            "no_project", "neither \(start) nor a folder above it holds a \(Configuration.fileName)",
            hint: "make a project with `headrace init`, or name its folder with --project")
    }
}

/// One reading of one project.
private final class ProjectLoading {
    let folder: ProjectFolder
    let findings = Findings()
    let expansion: VariableExpansion
    private let givenVariables: [String: String]
    /// Nil until headrace.yml is read as YAML: without its values nobody knows where its secrets stand.
    private var secretLines: Set<Int>?

    init(directory: String, environment: [String: String], variables: [String: String]) {
        givenVariables = variables
        folder = ProjectFolder(directory: directory, findings: findings)
        expansion = VariableExpansion(environment: environment, directory: directory)
    }

    /// Without the findings.
    func load() -> ProjectReading {
        let configuration = configuration()
        let attributes = attributes()
        let files = ModelIncludes(modelFiles(configuration, attributes), findings: findings).resolved()
        let syncs = files.flatMap(\.syncs)
        SyncChecks(findings: findings).check(syncs)
        ModelTestChecks(findings: findings).check(files.compactMap(\.model))
        var reading = ProjectReading(findings: [])
        reading.writtenSyncs = files.flatMap { file in file.syncs.map { ($0.name, file.name) } }
            .filter { !$0.name.isEmpty }.sorted { $0.name < $1.name }
        reading.stateLocation = configuration.stateLocation
        guard let state = configuration.state else { return reading }
        reading.draft = Project(
            name: configuration.name ?? URL(filePath: folder.directory).lastPathComponent,
            directory: folder.directory, sources: configuration.sources.definitions,
            destinations: configuration.destinations.definitions, state: state, alerts: configuration.alerts,
            attributes: attributes.definitions, models: files.compactMap(\.model),
            syncs: files.flatMap { file in file.syncs.compactMap { sync in file.model.flatMap(sync.definition) } }
                .sorted { $0.name < $1.name })
        return reading
    }

    /// Of every file that was read. No key of the other files takes a secret.
    func sourceLines() -> SourceLines {
        var lines = SourceLines()
        for file in folder.files.values {
            let all = Set(1...max(1, file.lines.count))
            let hidden = file.path == Configuration.fileName ? secretLines ?? all : []
            lines.add(file: file.path, lines: file.lines.map(String.init), hidden: hidden)
        }
        return lines
    }

    private func configuration() -> Configuration {
        guard folder.exists(Configuration.fileName) else {
            reportMissingConfiguration()
            return Configuration()
        }
        guard let (_, document) = document(Configuration.fileName, KeyTables.headrace) else { return Configuration() }
        return ConfigurationSection(directory: folder.directory, findings: findings).read(document)
    }

    private func reportMissingConfiguration() {
        let name = Configuration.fileName
        switch folder.isFolder {
        case nil:
            findings.error(
                "no_project", "there is no folder \(folder.directory)", at: nil,
                hint: "name the folder that holds \(name) with --project")
        case false:
            findings.error(
                "no_project", "\(folder.directory) is a file, not the folder of a project", at: nil,
                hint: "name the folder that holds \(name) with --project")
        default:
            findings.error(
                "missing_file", "\(folder.directory) holds no \(name)", at: Diagnostic.Position(name, line: 1),
                hint: folder.exists("headrace.yaml") ? "rename headrace.yaml to \(name)" : nil)
        }
    }

    private func attributes() -> Registry<AttributeDefinition> {
        guard folder.exists(AttributeSection.file) else {
            let isMisnamed = folder.misnamedModelFiles().contains { $0.stem == "models/attributes" }
            return isMisnamed
                ? .unreadable
                : Registry(names: [], hintWhereEmpty: "there is no \(AttributeSection.file), where they are defined")
        }
        guard let (_, document) = document(AttributeSection.file, KeyTables.attributesFile) else { return .unreadable }
        return AttributeSection(findings: findings).read(document)
    }

    private func modelFiles(
        _ configuration: Configuration, _ attributes: Registry<AttributeDefinition>
    ) -> [ModelFile] {
        let paths = ModelPaths(folder, findings: findings).paths()
        let variables = ModelVariables(
            declared: configuration.variables, given: givenVariables, findings: findings)
        defer { variables.reportUnused() }
        return paths.map { path in
            let statement = statement(of: path)
            variables.noteUses(in: statement)
            guard let (file, document) = document(path.yml, KeyTables.modelFile) else {
                return ModelFile(name: path.name)
            }
            let section = ModelSection(
                name: path.name, file: file, statement: statement, configuration: configuration,
                attributes: attributes, modelNames: Set(paths.map(\.name)), variables: variables, findings: findings)
            return section.read(document)
        }
    }

    private func statement(of path: ModelPaths.Path) -> SQLStatement? {
        guard folder.exists(path.sql) else {
            findings.error(
                "missing_model_sql", "the model's statement is missing: there is no \(path.sql)",
                at: Diagnostic.Position(path.yml, line: 1))
            return nil
        }
        guard let file = folder.file(path.sql) else { return nil }
        guard !SQLTokens(file.text, .postgres).body.isEmpty else {
            findings.error(
                "empty_model", "the model is empty: the file holds no statement",
                at: Diagnostic.Position(path.sql, line: 1))
            return nil
        }
        return SQLStatement(text: file.text, file: path.sql)
    }

    /// The file's document with variables expanded and its shape checked; nil after a finding.
    private func document(_ path: String, _ spec: MappingSpec) -> (ProjectFile, YAMLValue)? {
        guard let file = folder.file(path) else { return nil }
        let start = Diagnostic.Position(path, line: 1)
        let count = findings.all.count
        guard let written = YAMLReader.read(file, findings: findings) else {
            if findings.all.count == count { findings.error("empty_file", "the file is empty", at: start) }
            return nil
        }
        if path == Configuration.fileName { secretLines = SecretLines.find(in: written, of: file, spec) }
        let value = expansion.expand(written.value, file: file, findings: findings)
        ShapeCheck(findings: findings).check(value, .mapping(spec), name: path, owner: start)
        return (file, value)
    }
}
