package import Foundation

/// Runs a program to its end without blocking the cooperative pool.
package enum ShellCommand {
    /// What the program printed, without the last newline; throws its exit status and error output if it failed.
    package static func run(_ program: String, _ arguments: [String], input: String = "") async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try runBlocking(program, arguments, input: input) })
            }
        }
    }

    private static func runBlocking(_ program: String, _ arguments: [String], input: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        _ = fcntl(standardInput.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.standardInput = standardInput
        process.standardOutput = output
        process.standardError = errors
        try ProcessLaunch.start(process)
        // A thread of its own, so that neither side waits for a full pipe.
        DispatchQueue.global().async {
            try? standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try? standardInput.fileHandleForWriting.close()
        }
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw PostgresServerProblem(
                "\(program) ended with \(process.terminationStatus): \(String(decoding: complaint, as: UTF8.self))")
        }
        let text = String(decoding: printed, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Reads up to the first `terminator`, or to the end.
    package static func read(_ handle: FileHandle, until terminator: Character) async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var text = ""
                while let chunk = try? handle.read(upToCount: 1), !chunk.isEmpty {
                    let piece = String(decoding: chunk, as: UTF8.self)
                    if piece == String(terminator) { break }
                    text += piece
                }
                continuation.resume(returning: text)
            }
        }
    }
}
