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
        let running = try RunningProcess(
            program: URL(filePath: program), arguments, in: URL(filePath: "/"),
            environment: ProcessInfo.processInfo.environment, input: input)
        let output = running.finish(timeout: 120)
        guard output.exit == 0 else {
            throw PostgresServerProblem("\(program) ended with \(output.exit): \(output.stderr)")
        }
        let text = output.stdout
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
