import Foundation
import SyncCore

/// Reads the files of a project's folder and keeps their text for the findings' source lines.
final class ProjectFolder {
    let directory: String
    let findings: Findings
    private(set) var files: [String: ProjectFile] = [:]

    init(directory: String, findings: Findings) {
        self.directory = directory
        self.findings = findings
    }

    /// Nil when the file is missing; a finding when it is there and cannot be read.
    func file(_ path: String) -> ProjectFile? {
        let url = URL(filePath: directory + "/" + path)
        guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else { return nil }
        guard let bytes = try? Data(contentsOf: url) else {
            findings.error("unreadable_file", "the file cannot be read", at: Diagnostic.Position(path, line: 1))
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            findings.error("unreadable_file", "the file is not UTF-8 text", at: place(ofBadByteIn: bytes, path: path))
            return nil
        }
        let file = ProjectFile(path: path, text: text)
        files[path] = file
        return file
    }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: directory + "/" + path) }

    /// The models' files with this extension, in folders too, without it and sorted: `models/members`, `models/eu/members`.
    func modelStems(withExtension suffix: String) -> [String] {
        filesOfModels().filter { $0.hasSuffix("." + suffix) }.map { String($0.dropLast(suffix.count + 1)) }
    }

    /// Files in models/ that are YAML by another ending than .yml, which is the only one that is read.
    func misnamedModelFiles() -> [(file: String, stem: String)] {
        filesOfModels().compactMap { file in
            guard let dot = file.lastIndex(of: "."), !file.hasSuffix(".yml"),
                ["yml", "yaml"].contains(file[file.index(after: dot)...].lowercased())
            else { return nil }
            return (file, String(file[..<dot]))
        }
    }

    /// Relative to the project. A link to a folder is not followed: it may lead back.
    private func filesOfModels() -> [String] { files(in: "models").sorted() }

    private func files(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory + "/" + folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.flatMap { name in
            let path = folder + "/" + name
            let type = (try? FileManager.default.attributesOfItem(atPath: directory + "/" + path))?[.type]
            return type as? FileAttributeType == .typeDirectory ? files(in: path) : [path]
        }
    }

    /// Nil where nothing is at the folder's path.
    var isFolder: Bool? {
        (try? URL(filePath: directory).resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory
    }

    private func place(ofBadByteIn bytes: Data, path: String) -> Diagnostic.Position {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where String(validating: line, as: UTF8.self) == nil {
            return Diagnostic.Position(path, line: index + 1)
        }
        return Diagnostic.Position(path, line: 1)
    }
}
