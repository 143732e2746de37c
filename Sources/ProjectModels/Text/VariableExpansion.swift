import Foundation
import SyncCore

/// Replaces `${NAME}`, `${NAME:-default}` and `${file:/path}` in a text; `$${` stands for a literal `${`.
struct VariableExpansion {
    enum Problem: Equatable {
        case unset(String)
        case unreadableFile(String)
        case malformed(String)
    }

    let environment: [String: String]
    /// The project's folder: relative paths start here.
    let directory: String

    /// The text with every place replaced, once: what a variable holds is not looked at again.
    func expand(_ text: String) -> (text: String, isExpanded: Bool, problems: [Problem]) {
        var result = ""
        var isExpanded = false
        var problems: [Problem] = []
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    problems.append(.malformed("${"))
                    return (result, isExpanded, problems)
                }
                let place = String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])
                switch value(of: place) {
                case .success(let value): result += value
                case .failure(let failure): problems.append(failure.problem)
                }
                isExpanded = true
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return (result + rest, isExpanded, problems)
    }

    private struct Failure: Error { var problem: Problem }

    private func value(of place: String) -> Result<String, Failure> {
        if place.hasPrefix("file:") { return contents(ofFile: String(place.dropFirst(5))) }
        let name = String(place.prefix { $0 != ":" })
        let rest = place.dropFirst(name.count)
        let isName = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
        }
        guard isName, let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-"),
            !rest.contains("${")
        else { return .failure(Failure(problem: .malformed("${\(place)}"))) }
        let value = environment[name]
        if rest.isEmpty {
            return value.map { .success($0) } ?? .failure(Failure(problem: .unset(name)))
        }
        if let value, !value.isEmpty { return .success(value) }
        return .success(String(rest.dropFirst(2)))
    }

    private func contents(ofFile path: String) -> Result<String, Failure> {
        let url = URL(filePath: ProjectPaths.absolute(path, in: directory))
        guard !path.isEmpty, let data = try? Data(contentsOf: url), let text = String(data: data, encoding: .utf8)
        else { return .failure(Failure(problem: .unreadableFile(path))) }
        return .success(text.last?.isNewline == true ? String(text.dropLast()) : text)
    }
}

extension VariableExpansion {
    /// Expands every value of a document; keys stay as they are.
    func expand(_ value: YAMLValue, file: ProjectFile, findings: Findings) -> YAMLValue {
        var copy = value
        switch value.content {
        case .broken: break
        case .list(let items):
            copy.content = .list(items.map { expand($0, file: file, findings: findings) })
        case .mapping(let entries):
            copy.content = .mapping(
                entries.map { entry in
                    var entry = entry
                    entry.value = expand(entry.value, file: file, findings: findings)
                    return entry
                })
        case .scalar(var scalar):
            guard scalar.text.contains("${") else { return value }
            let expanded = expand(scalar.text)
            guard expanded.problems.isEmpty else {
                for problem in expanded.problems { report(problem, in: value, file: file, findings: findings) }
                copy.content = .broken
                break
            }
            scalar.text = expanded.text
            scalar.isExpanded = expanded.isExpanded
            copy.content = .scalar(scalar)
        }
        return copy
    }

    private func fault(ofFile path: String) -> String {
        guard !path.isEmpty else { return "`${file:}` names no file: write ${file:/path}" }
        let place = ProjectPaths.absolute(path, in: directory)
        guard let kind = try? FileManager.default.attributesOfItem(atPath: place)[.type] as? FileAttributeType else {
            return "there is no file `\(path)`"
        }
        if kind == .typeDirectory { return "`\(path)` is a folder" }
        guard FileManager.default.isReadableFile(atPath: place) else { return "`\(path)` may not be read by this user" }
        return "cannot read `\(path)` as UTF-8 text"
    }

    private func report(_ problem: Problem, in value: YAMLValue, file: ProjectFile, findings: Findings) {
        switch problem {
        case .unset(let name):
            let position = file.place(of: "${\(name)}", from: value.position)
            findings.error("unset_variable", "the environment variable `\(name)` is not set", at: position)
        case .unreadableFile(let path):
            let position = file.place(of: "${file:", from: value.position)
            findings.error("unreadable_file", fault(ofFile: path), at: position)
        case .malformed(let text):
            let position = file.place(of: text, from: value.position)
            findings.error(
                "invalid_variable",
                "`\(text)` is no variable: write ${NAME}, ${NAME:-default} or ${file:/path}; `$${` is a literal `${`",
                at: position)
        }
    }
}

/// Paths as the project's files write them.
enum ProjectPaths {
    static func absolute(_ path: String, in directory: String) -> String {
        let joined = path.hasPrefix("/") ? path : directory + "/" + path
        let path = URL(filePath: joined).standardizedFileURL.path(percentEncoded: false)
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
