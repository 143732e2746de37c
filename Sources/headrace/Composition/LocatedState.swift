import ChangePlanning
import ProjectModels
import StateStorage
import SyncCore

/// The state of a project whose other files need not be sound: a run in progress can be looked at and cancelled while
/// somebody edits a model, and without the secrets of sources and destinations.
struct LocatedState: Sendable {
    let reading: ProjectReading
    let path: String

    /// Throws `state_illegible`, and what is wrong with headrace.yml, when the file does not say where the state is.
    init(_ options: ProjectOptions) throws {
        reading = try OpenedProject.read(options)
        guard let location = reading.stateLocation else {
            if let missing = reading.findings.first(where: { $0.code == "no_project" }) {
                throw CommandFailure(.usage, [missing])
            }
            let causes = reading.findings.filter { $0.severity == .error && $0.position?.file == "headrace.yml" }
            let finding = Diagnostic.error(
                "state_illegible", "headrace.yml does not say legibly where the state is",
                at: Diagnostic.Position("headrace.yml", line: 1))
            throw CommandFailure(.usage, [finding] + causes)
        }
        path = try OpenedProject.statePath(at: location, writtenAt: reading.draft?.state.position)
    }

    /// Nil when nothing ran yet.
    func reader() throws(StateFailure) -> (any StateUpkeep)? {
        try SQLiteStateStore.openForReading(path: path, witness: WitnessPlace.forReading)
    }

    /// For commands that write to a state that is there.
    func writer() throws(StateFailure) -> any StateUpkeep {
        try SQLiteStateStore(
            path: path, witness: WitnessPlace.forReading,
            marks: SendMarks(bootID: ProcessIdentity().current().bootID))
    }

    /// Every sync that the project's files name, once.
    var writtenSyncs: [(name: String, model: String)] {
        var seen: Set<String> = []
        return reading.writtenSyncs.filter { seen.insert($0.name).inserted }
    }

    /// How long the details of runs are kept. Throws `state_illegible` where the file does not say it legibly: what is
    /// deleted cannot be guessed.
    var retention: Duration {
        get throws {
            guard let state = reading.draft?.state else { return StateDefinition.standardRetention }
            guard !state.hasIllegibleRetention else {
                let causes = reading.findings.filter { $0.severity == .error && $0.code == "invalid_duration" }
                let finding = Diagnostic.error(
                    "state_illegible", "headrace.yml does not say legibly what `state.retention` is",
                    hint: "correct it, or say `--older-than`")
                throw CommandFailure(.usage, [finding] + causes)
            }
            return state.retention
        }
    }

    /// What opens sealed text, as far as it is at hand; nothing is made.
    var keys: KeyRing? { OpenedProject.knownKey(of: reading.draft?.state, statePath: path).map { KeyRing($0) } }
}

/// Runs whose process is gone though their row is still open: the next run of their sync closes them.
struct GoneRuns {
    private let identity = ProcessIdentity()

    /// Ask after the runs were read: one that ends in between is then not taken to be gone.
    func among(_ state: any StateInspection) async throws(StateFailure) -> Set<RunID> {
        let own = identity.current()
        let now = WallTime.current()
        return Set(try await state.openRuns().filter { isGone($0, seenFrom: own, at: now) }.map(\.run))
    }

    private func isGone(_ run: OpenRun, seenFrom own: LeaseHolder, at now: WallTime) -> Bool {
        guard let holder = run.holder, let renewedAt = run.renewedAt else { return true }
        return identity.isGone(holder, seenFrom: own) || holder.hasLapsed(renewedAt: renewedAt, seenFrom: own, at: now)
    }
}
