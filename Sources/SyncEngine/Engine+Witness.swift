import Logging
import SyncCore

extension Engine {
    /// Everyone whom an old copy of the state holds is dirty from here on, and its guard holds the run back.
    func examineWitness() async throws {
        switch try await environment.state.examineWitness(at: environment.now()) {
        case .living: break
        case .restored:
            environment.logger.warning(
                "the state is older than what this machine has seen of it: everyone in it is to be sent again")
        case .emptied:
            environment.logger.notice(
                "the state is new where there was one before: everyone is sent again, and who left since is not known")
        }
    }
}
