/// Who is in which audience now, as a request without headers would find. It looks at every user of the project and
/// lets others run every few hundred.
struct AudienceCensus {
    private static let usersAtOnce = 256

    let state: SimulatorState
    let project: String

    /// Calls back for every user with the rules' answers, in the order of the uids.
    func take(_ rules: [AudienceRule], _ count: (_ uid: String, _ isMember: [Bool]) -> Void) async {
        guard !rules.isEmpty else { return }
        let uids = state.index.uids(of: project)
        var visitor = state.visitor(of: nil, in: project)
        let now = state.options.now()
        for start in stride(from: 0, to: uids.count, by: Self.usersAtOnce) {
            if Task.isCancelled { return }
            let some = uids[start..<min(start + Self.usersAtOnce, uids.count)]
            let stored = state.users.visibleAttributes(of: some.map { UserKey(project: project, uid: $0) }, at: now)
            for (uid, attributes) in zip(some, stored) {
                visitor.stored = attributes
                count(uid, rules.map { $0.takes(visitor) })
            }
            await Task.yield()
        }
    }
}
