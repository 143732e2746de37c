package import SyncCore

/// The limits that stop a run before its first request.
package enum Guards {
    /// Confirmed users from which on percentages say something.
    package static let usersForPercentages = 100
    package static let stateRestored = "state_restored"

    /// All guards in a fixed order, tripped or not; overriding is the caller's. A percentage trips above its limit.
    package static func evaluate(
        _ limits: GuardLimits, measurements: PlanMeasurements, scope: ScopeRecord, identity: DestinationIdentity,
        isStateRestored: Bool = false
    ) -> [GuardResult] {
        let worst = measurements.attributes.max { $0.nullPercent < $1.nullPercent }
        let users = measurements.confirmedUsers
        var results = [
            GuardResult(
                name: "min_rows", limit: Double(limits.minRows), actual: Double(measurements.queried),
                tripped: (scope.hadRows || users > 0) && measurements.queried < limits.minRows),
            percentage(
                "max_changed_percent", limits.maxChangedPercent, percent(measurements.changed, of: users), users: users),
            percentage(
                "max_removed_percent", limits.maxRemovedPercent, percent(measurements.removed, of: users), users: users),
            percentage(
                "max_null_percent", limits.maxNullPercent, worst?.nullPercent ?? 0, users: users,
                detail: worst.flatMap { $0.nulled > 0 ? "attribute \($0.key)" : nil }),
            destination(scope.lastIdentity, identity),
        ]
        if measurements.isIncremental { results = results.map(wholeReadsOnly) }
        if isStateRestored {
            results.append(
                GuardResult(
                    name: stateRestored, limit: nil, actual: nil, tripped: true,
                    detail: "the state is older than what this machine has seen of it"))
        }
        return results
    }

    private static func percentage(
        _ name: String, _ limit: Double, _ actual: Double, users: Int, detail: String? = nil
    ) -> GuardResult {
        let tripped = users >= usersForPercentages && actual > limit
        return GuardResult(name: name, limit: limit, actual: actual, tripped: tripped, detail: detail)
    }

    /// Leaving a simulator asks no one: nothing real was sent.
    private static func destination(_ last: DestinationIdentity?, _ identity: DestinationIdentity) -> GuardResult {
        let isOther = last.map { $0.projectUID != identity.projectUID || $0.edgeHost != identity.edgeHost } ?? false
        let tripped = isOther && last?.isLoopback == false
        let detail = last.flatMap { tripped ? "the last run sent to \($0), this one would send to \(identity)" : nil }
        return GuardResult(name: "destination_identity", limit: nil, actual: nil, tripped: tripped, detail: detail)
    }

    /// Only rows past the cursor were read: how many there are in all, and which are gone, nobody knows.
    private static func wholeReadsOnly(_ result: GuardResult) -> GuardResult {
        guard ["min_rows", "max_removed_percent"].contains(result.name) else { return result }
        return GuardResult(
            name: result.name, limit: result.limit, actual: nil, tripped: false,
            detail: "not measured: only rows past the cursor were read")
    }

    static func percent(_ part: Int, of whole: Int) -> Double {
        whole > 0 ? Double(part) / Double(whole) * 100 : 0
    }
}
