import SyncCore

@testable import SyncEngine

/// What happens in a history, step after step, and how it ends.
extension History {
    func play() async throws {
        for _ in 0..<draw(5...15) {
            try await step()
            try await checkSnapshots("after the step")
            if !violations.isEmpty { return }
        }
        try await end()
    }

    private func step() async throws {
        let sync = shape.syncs[draw(0...(shape.syncs.count - 1))]
        if chance(0.6) { change(sync, edits: draw(1...4)) }
        if chance(0.2) { applyAnyStray() }
        if mayBeLockedByADeadHolder, chance(0.5) { locksExpire() }
        if chance(0.1) { try await release(sync) }
        let faults = faults()
        switch draw(0...9) {
        case 0, 1: try await plan(sync, options(), faults)
        case 2, 3:
            if let plan = chance(0.8) ? plans.last : plans.first {
                try await apply(plan, overrideGuards: chance(0.5), faults)
            }
        default: try await run(sync, options(), faults)
        }
        if chance(0.1) { try openAgain() }
    }

    private func options() -> RunOptions {
        var options = RunOptions()
        options.overrideGuards = chance(0.3)
        switch draw(0...19) {
        case 0: options.fullResync = true
        case 1: options.limit = draw(0...4)
        case 2: options.key = "\(draw(1...shape.users))"
        case 3: options.key = "uid:u\(draw(1...shape.users))"
        default: break
        }
        return options
    }

    private func faults() -> ProcessFaults {
        var faults = ProcessFaults()
        faults.destination = [0, 0, 0.1, 0.3, 0.6][draw(0...4)]
        switch draw(0...9) {
        case 0, 1: faults.cut = .killedAtCall(draw(1...30), afterEffect: chance(0.5))
        case 2, 3: faults.cut = .killedAtEvent(draw(1...15))
        case 4: faults.cut = .stateFails(draw(1...30), forGood: chance(0.5))
        default: break
        }
        if chance(0.1) {
            let kinds: [SourceFailure.Kind] = [.lost, .unavailable, .timedOut]
            faults.sourceFails = (draw(0...shape.users), kinds[draw(0...2)])
        }
        if chance(0.35) {
            let all: [ProcessFaults.Interlude] = [
                .change, .run, .otherSync, .plan, .apply, .signal, .cancel, .takeover,
            ]
            faults.interlude = (draw(1...8), chance(0.3), all[draw(0...(all.count - 1))])
        }
        return faults
    }

    /// What others do while `process` is in its midst and stands still.
    func perform(
        _ what: ProcessFaults.Interlude, inTheMidstOf process: HistoryProcess, _ exchange: HistoryExchange?
    ) async {
        note("  meanwhile:")
        do {
            switch what {
            case .change: change(process.sync, edits: draw(1...3))
            case .run: try await expectRefused(process.sync, by: process)
            case .otherSync:
                if let other = shape.syncs.first(where: { $0.name != process.sync.name }) {
                    try await expectRefused(other, by: process)
                }
            case .plan:
                if chance(0.5) { change(process.sync, edits: 1) }
                try await plan(process.sync, RunOptions(), ProcessFaults(), inTheMidstOf: process)
            case .apply:
                guard let plan = plans.last else { break }
                try await apply(plan, overrideGuards: true, ProcessFaults(), inTheMidstOf: process)
            case .signal: process.stop.request(chance(0.5) ? .terminated : .interrupted)
            case .cancel:
                if let run = try await store.runs(sync: process.sync.name, limit: 1).first?.runID {
                    _ = try await store.requestCancel(of: run)
                }
                process.goOn(after: .milliseconds(500))
            case .takeover: try await takeOver(process, exchange)
            }
        } catch {
            violate("meanwhile: \(error)")
        }
        note("  \(process.number) goes on")
    }

    private func expectRefused(_ sync: SyncDefinition, by process: HistoryProcess) async throws {
        let report = try await run(sync, inTheMidstOf: process)
        if process.hasLocks, report.exit != .alreadyRunning { violate("two runs at once: \(report.exit)") }
    }

    /// The process stands still for so long that another host's takes its locks over; then it goes on.
    private func takeOver(_ process: HistoryProcess, _ exchange: HistoryExchange?) async throws {
        exchange?.freeze()
        passes(seconds: 60)
        process.fence()
        if chance(0.5) { change(process.sync, edits: draw(1...3)) }
        let cut: ProcessFaults.Cut? = chance(0.3) ? .killedAtEvent(draw(1...8)) : nil
        let other = try await run(
            process.sync, RunOptions(), ProcessFaults(cut: cut, destination: 0.1), host: "elsewhere",
            inTheMidstOf: process)
        if other.exit == .alreadyRunning { violate("expired locks were not taken over") }
        try await checkSnapshots("after the takeover")
        process.goOn(after: .seconds(60))
    }

    /// The troubles are over: a few runs later everything is right, and stays so.
    private func end() async throws {
        note("the end")
        ends()
        locksExpire()
        var options = RunOptions()
        options.overrideGuards = true
        for sync in shape.syncs {
            var report = try await run(sync, options)
            // Whoever was rejected before is left out of some runs.
            for _ in 0..<64
            where report.operations.confirmed + report.operations.quarantined < report.operations.planned {
                report = try await run(sync, options)
            }
            if report.operations.quarantined > 0 {
                try await release(sync)
                _ = try await run(sync, options)
            }
            expectEqual(sync, version: version(of: sync.name), "in the end")
            // What nobody waited for arrives last for all that the first run knows.
            let scope = try await store.scope(sync: sync.name, identity: HistoryShape.identity).id
            if try await !store.openWindow(of: scope).isEmpty { _ = try await run(sync, options) }
            applyAllStrays()
            expectEqual(sync, version: version(of: sync.name), "whatever came late")
            let again = try await run(sync, options)
            if again.operations.planned > 0 || again.attempts.sent > 0 { violate("unchanged users are sent again") }
        }
        try await checkSnapshots("in the end")
        for run in try await store.runs(sync: nil, limit: 1000)
        where !run.status.isFinal || !run.rows.isBalanced || !run.operations.isBalanced {
            violate("run \(run.runID?.text ?? "") is remembered as \(run.status) with \(run.rows) \(run.operations)")
        }
    }
}
