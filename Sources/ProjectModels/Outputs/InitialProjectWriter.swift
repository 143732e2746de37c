import Foundation
package import SyncCore

extension InitialProject {
    /// Writes the files into `directory`, which is made if missing. Returns the paths written, relative to it.
    /// Throws `file_exists`, before anything is written, where one of them or the sample database is already there,
    /// and `unwritable_file` where the file system refuses.
    package static func write(to directory: String) throws(Diagnostic) -> [String] {
        let manager = FileManager.default
        for path in files.map(\.path) + [sampleDatabasePath]
        where manager.fileExists(atPath: directory + "/" + path) {
            throw .error(
                "file_exists", "\(path) is already there; nothing was written",
                at: Diagnostic.Position(path, line: 1))
        }
        for (path, contents) in files {
            let url = URL(filePath: directory + "/" + path)
            do {
                try manager.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(contents.utf8).write(to: url, options: .withoutOverwriting)
            } catch {
                throw .error(
                    "unwritable_file", "cannot write \(path) in \(directory): \(cause(of: error))",
                    at: Diagnostic.Position(path, line: 1))
            }
        }
        return files.map(\.path)
    }

    private static func cause(of error: any Error) -> String {
        let trouble = (error as? CocoaError)?.underlying as? POSIXError
        return switch trouble?.code {
        case .EACCES, .EPERM: "permission denied"
        case .EROFS: "the file system is read-only"
        case .ENOSPC, .EDQUOT: "no space is left"
        case .ENOTDIR, .EEXIST: "a file is in the place of a folder"
        case .ENAMETOOLONG: "the name is too long"
        case .ENOENT: "the folder cannot be made there"
        default: error.localizedDescription
        }
    }
}
