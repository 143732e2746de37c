import Logging
import StateStorage
import SyncCore

/// Where this machine remembers how far each state has come.
enum WitnessPlace {
    private static var folder: String? { UserFolder.state().map { "\($0)/witness" } }

    /// For commands that send.
    static func witness(_ logger: Logger) -> StateWitness {
        StateWitness(folder: folder) { finding in
            logger.warning("\(finding.message)", metadata: finding.hint.map { ["hint": "\($0)"] } ?? [:])
        }
    }

    /// For commands that only look: what is wrong with it is said by those that send.
    static var forReading: StateWitness { StateWitness(folder: folder) { _ in } }
}
