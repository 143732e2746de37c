import SyncCore

/// Puts the statements of included models into those that include them.
///
/// Each model of a statement is a CTE of a name that no model may have, in an order in which each stands behind those that
/// it includes. What a model includes gets its own name inside that model's part only. So a name means the included
/// model where it is included, and what it always meant everywhere else: a model `orders` may read a table `orders`.
struct ModelIncludes {
    private static let prefix = "headrace_include_"

    private let files: [ModelFile]
    private let findings: Findings

    init(_ files: [ModelFile], findings: Findings) { (self.files, self.findings) = (files, findings) }

    /// The files with whole statements. A model that includes what is not sound is none itself.
    func resolved() -> [ModelFile] {
        let cyclic = reportCycles()
        return files.map { file in
            guard !file.includes.isEmpty else { return file }
            var file = file
            let areSound = file.includes.map { isSound($0, in: file) }
            let isWhole = areSound.allSatisfy { $0 } && !cyclic.contains(file.name)
            guard let model = file.model, isWhole, let parts = parts(of: file, but: cyclic),
                (parts + [file]).map(readsNoNameOfOurs).allSatisfy({ $0 })
            else {
                file.model = nil
                return file
            }
            file.model?.statement = statement(of: model, parts)
            return file
        }
    }

    private func isSound(_ include: ModelFile.Include, in file: ModelFile) -> Bool {
        guard let other = self.file(include.name) else {
            let names = files.map(\.name).filter { $0 != file.name }
            findings.error(
                "unknown_model", "there is no model named `\(include.name)`", at: include.position,
                hint: NearestName.find(include.name, among: names).map { "did you mean `\($0)`?" })
            return false
        }
        guard let own = file.model, let model = other.model else { return false }
        if own.source.name != model.source.name {
            findings.error(
                "different_source",
                "`include`: model `\(other.name)` is of source `\(model.source.name)`, this one of `\(own.source.name)`",
                at: include.position)
            return false
        }
        return isOneStatement(model) && isOneStatement(own)
    }

    /// What stands behind a semicolon would be left out in silence.
    private func isOneStatement(_ model: ModelDefinition) -> Bool {
        let statement = model.statement
        guard let second = SQLTokens(statement.text, model.source.kind.dialect).second else { return true }
        let place = statement.position(ofScalar: second.range.lowerBound).position
        findings.error("two_statements", "a model is one statement: a second one starts here", at: place)
        return false
    }

    /// A table or table expression of such a name would be taken for an included model, or take its place.
    private func readsNoNameOfOurs(_ file: ModelFile) -> Bool {
        guard let model = file.model else { return false }
        let tokens = SQLTokens(model.statement.text, model.source.kind.dialect)
        let taken = tokens.tokens.first { tokens.name(of: $0)?.lowercased().hasPrefix(Self.prefix) == true }
        guard let taken, let name = tokens.name(of: taken) else { return true }
        findings.error(
            "reserved_name",
            "`\(name)` cannot be read where models are included: names that start with \(Self.prefix) are Headrace's own",
            at: model.statement.position(ofScalar: taken.range.lowerBound).position)
        return false
    }

    private func file(_ name: String) -> ModelFile? { files.first { $0.name == name } }

    // MARK: - Cycles

    /// Every model that includes itself, on whatever way; each cycle is reported once, where its first model closes it.
    private func reportCycles() -> Set<String> {
        var cyclic: Set<String> = []
        for file in files where !cyclic.contains(file.name) {
            guard let cycle = cycle(from: [file.name]) else { continue }
            cyclic.formUnion(cycle)
            let shown = (cycle + [file.name]).map { "`\($0)`" }.joined(separator: " includes ")
            let second = cycle.count > 1 ? cycle[1] : file.name
            let place = file.includes.first { $0.name == second }?.position
            findings.error("include_cycle", "a model cannot include itself: \(shown)", at: place)
        }
        return cyclic
    }

    /// The shortest-first way from a path's last model back to its first.
    private func cycle(from start: [String]) -> [String]? {
        var paths = [start]
        var seen: Set<String> = []
        while !paths.isEmpty {
            let path = paths.removeFirst()
            for include in path.last.flatMap(file)?.includes ?? [] {
                if include.name == start[0] { return path }
                if seen.insert(include.name).inserted { paths.append(path + [include.name]) }
            }
        }
        return nil
    }

    // MARK: - Composing

    /// Every model that one includes, and what those include, each once and behind what it needs; nil where one of them
    /// is not sound, or includes itself.
    private func parts(of file: ModelFile, but cyclic: Set<String>) -> [ModelFile]? {
        var parts: [ModelFile] = []
        func add(_ file: ModelFile) -> Bool {
            for include in file.includes where !parts.contains(where: { $0.name == include.name }) {
                guard let other = self.file(include.name), other.model != nil, !cyclic.contains(other.name), add(other)
                else { return false }
                parts.append(other)
            }
            return true
        }
        return add(file) ? parts : nil
    }

    private func statement(of model: ModelDefinition, _ parts: [ModelFile]) -> SQLStatement {
        let dialect = model.source.kind.dialect
        var composer = SQLComposer()
        let names = Dictionary(uniqueKeysWithValues: parts.enumerated().map { ($1.name, "\(Self.prefix)\($0 + 1)") })
        for (index, part) in parts.enumerated() {
            guard let statement = part.model?.statement, let name = names[part.name] else { continue }
            composer.add(index == 0 ? "WITH \(name) AS (\n" : ",\n\(name) AS (\n", at: statement.start)
            add(statement, of: part.name, names, dialect, to: &composer)
            composer.add("\n)", at: statement.start)
        }
        let end = composer.count
        composer.add("\nSELECT * FROM (\n", at: model.statement.start)
        let start = composer.count
        let with = add(model.statement, of: model.name, names, dialect, to: &composer)
        let own = start..<composer.count
        composer.add("\n) AS \(dialect.quoted(model.name))", at: model.statement.start)
        var statement = composer.statement(startingAt: model.statement.start)
        let order = parts.compactMap { names[$0.name] }
        statement.parts = with.map { SQLStatement.Parts(names: order, end: end, own: own, with: $0) }
        return statement
    }

    /// A model's own text, in which what it includes has its name: merged with the WITH that it starts with. Returns where
    /// that ends; nil where the model includes nothing.
    @discardableResult private func add(
        _ statement: SQLStatement, of model: String, _ names: [String: String], _ dialect: SQLDialect,
        to composer: inout SQLComposer
    ) -> Int? {
        let includes = file(model)?.includes ?? []
        guard let first = includes.first else {
            composer.add(bodyOf: statement, dialect)
            return nil
        }
        let tokens = SQLTokens(statement.text, dialect)
        let start = tokens.endOfLeadingWith
        if let start {
            composer.add(statement, tokens.body.lowerBound..<start)
        } else {
            composer.add("WITH", at: first.position)
        }
        let end = composer.count
        for (index, include) in includes.enumerated() {
            let name = dialect.quoted(include.name)
            composer.add(
                "\(index > 0 ? "," : "") \(name) AS (SELECT * FROM \(names[include.name] ?? name))",
                at: include.position)
        }
        composer.add(start == nil ? "\n" : ",", at: first.position)
        composer.add(statement, (start ?? tokens.body.lowerBound)..<tokens.body.upperBound)
        return end
    }
}
