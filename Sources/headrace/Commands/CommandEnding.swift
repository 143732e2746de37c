import ArgumentParser
import SyncCore

extension ParsableCommand {
    /// Runs a command's body, prints why it failed where it failed, and ends with the contract's code.
    func ending(_ console: Console, _ body: () async throws -> ExitStatus) async throws {
        let status: ExitStatus
        do {
            status = try await body()
        } catch let error as ExitCode {
            throw error
        } catch {
            let failure = CommandFailure(error)
            console.complain(failure.findings)
            status = failure.exit
        }
        guard status == .done else { throw ExitCode(status.rawValue) }
    }
}
