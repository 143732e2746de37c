import SyncCore

/// That the state is an old copy of itself, for commands that look at it.
enum RestoredState {
    static let finding = Diagnostic.warning(
        "state_restored",
        "the state is older than what this machine has seen of it, so everyone in it is to be sent again",
        hint: "put the latest copy back, if there is a later one; else `headrace run --override-guards` sends everyone")
}
