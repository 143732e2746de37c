import SyncCore
import Testing

@testable import ChangePlanning

@Suite("Guards") struct GuardsTests {
    private let real = DestinationIdentity(projectUID: "p", edgeHost: "edge.example.com", isLoopback: false)
    private let local = DestinationIdentity(projectUID: "p", edgeHost: "127.0.0.1:8787", isLoopback: true)

    private func tripped(
        users: Int, queried: Int = 100, changed: Int = 0, removed: Int = 0, nulled: Int = 0, hadRows: Bool = true,
        last: DestinationIdentity? = nil
    ) -> [String] {
        var measurements = PlanMeasurements(attributes: [.init(key: "tier")])
        measurements.confirmedUsers = users
        measurements.queried = queried
        measurements.changed = changed
        measurements.removed = removed
        measurements.attributes[0].having = users
        measurements.attributes[0].nulled = nulled
        let scope = ScopeRecord(id: 1, expectedUsers: users, lastIdentity: last ?? real, hadRows: hadRows)
        return Guards.evaluate(GuardLimits(), measurements: measurements, scope: scope, identity: real)
            .filter(\.tripped).map(\.name)
    }

    @Test("percentages trip above their limit, from 100 users on")
    func percentages() {
        #expect(tripped(users: 100, changed: 50, removed: 20, nulled: 50) == [])
        #expect(tripped(users: 100, changed: 51) == ["max_changed_percent"])
        #expect(tripped(users: 100, removed: 21) == ["max_removed_percent"])
        #expect(tripped(users: 100, nulled: 51) == ["max_null_percent"])
        #expect(tripped(users: 99, changed: 99, removed: 99, nulled: 99) == [])
    }

    @Test("no rows trip only after a run that had some")
    func minimumRows() {
        #expect(tripped(users: 5, queried: 0) == ["min_rows"])
        #expect(tripped(users: 0, queried: 0, hadRows: false) == [])
    }

    @Test("another destination trips, unless the last one was a simulator")
    func destination() {
        let other = DestinationIdentity(projectUID: "q", edgeHost: "edge.example.com", isLoopback: false)
        #expect(tripped(users: 5, last: other) == ["destination_identity"])
        #expect(tripped(users: 5, last: local) == [])
    }
}
