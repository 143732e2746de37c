package import Foundation

/// The repository's own files, for tests that hold its structure.
package enum SourceTree {
    /// The folder that holds Package.swift, found from this file.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    package struct File: Sendable {
        /// Relative to the repository.
        package var name: String
        package var text: String

        package var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

        /// Names of the modules the file imports, whatever the access level or attributes.
        package var imports: [String] {
            lines.compactMap { line in
                let words = line.split(separator: " ")
                guard let at = words.firstIndex(of: "import"), words[..<at].allSatisfy(Self.mayPrecedeImport),
                    let module = words[(at + 1)...].first(where: { !Self.importKinds.contains($0) })
                else { return nil }
                return String(module.prefix { $0 != "." && $0 != ";" })
            }
        }

        private static let importKinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "var", "let"]

        private static func mayPrecedeImport(_ word: Substring) -> Bool {
            word.hasPrefix("@") || ["package", "internal", "public", "private", "fileprivate"].contains(word)
        }
    }

    /// Every Swift file below a folder of the repository.
    package static func swiftFiles(below folder: String) throws -> [File] {
        let base = root.appending(path: folder)
        guard let paths = FileManager.default.enumerator(atPath: base.path(percentEncoded: false)) else { return [] }
        return try paths.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            File(name: "\(folder)/\(path)", text: try String(contentsOf: base.appending(path: path), encoding: .utf8))
        }
    }
}
