import TestKit
import Testing

/// Every answer and every trouble on the way, met once by one user and always by another, while the value goes from A to
/// B and back to A: outcome, report, attempts, and what the destination holds in the end.
@Suite struct FaultMatrixTests {
    static let attempts = 3

    @Test(arguments: MatrixRow.answers) func anAnswer(row: MatrixRow) async throws { try await play(row) }

    @Test(arguments: MatrixRow.transport) func aTroubleOnTheWay(row: MatrixRow) async throws { try await play(row) }

    @Test(arguments: MatrixRow.transport) func theSameOverTLS(row: MatrixRow) async throws {
        let authority = try TestAuthority()
        try await play(row, over: authority)
        try authority.remove()
    }

    @Test(arguments: [301, 302, 307, 308]) func aRedirectIsNeverFollowed(status: Int) async throws {
        let other = try FaultyServer()
        let fault = Fault.status(status, "location: \(other.url)/user-attributes")
        try await play(
            MatrixRow(
                name: "\(status)", fault: fault, once: MatrixRow.deferred, always: MatrixRow.deferred,
                words: ["\(status)"]))
        #expect(other.connectionCount == 0)
    }

    /// `authority` is of a server that speaks TLS.
    private func play(_ row: MatrixRow, over authority: TestAuthority? = nil) async throws {
        let server = try FaultyServer(receiveBuffer: row.receiveBuffer)
        var destination = ["max_in_flight: 8", "timeout: \(row.timeout)"]
        var front: TLSFront?
        if let authority {
            front = try await TLSFront(authority.issue("DNS:localhost"), to: server.port)
            destination.append("ca_file: \(authority.caFile)")
        }
        let shop = try await FaultyShop(
            users: 6, destination, sync: ["retry: {attempts: \(Self.attempts)}"], noteLength: row.noteLength,
            server: server, front: front)
        try await play(row, in: shop, isPassedOn: front != nil)
    }

    /// `isPassedOn`: something in between tells the server late of a client that has gone, and the client of how.
    private func play(_ row: MatrixRow, in shop: FaultyShop, isPassedOn: Bool) async throws {
        #expect(try await shop.run().operations == .allConfirmed(6))
        try await shop.expectEqual()
        let before = try await shop.source()

        try await shop.sql("UPDATE members SET points = points + 1000, note = note || 'b'")
        shop.server.play(row.fault, to: ["u2": 1, "u3": .max])
        let run = try await shop.run()
        try await expect(row, of: run, in: shop, before: before, isPassedOn: isPassedOn)
        if !isPassedOn { #expect(shop.server.overlaps.isEmpty) }

        try await shop.sql("UPDATE members SET points = points - 1000, note = substr(note, 1, length(note) - 1)")
        shop.server.play(nil)
        let healthy = try await shop.run()
        #expect(healthy.exit == 0, "\(healthy.line)")
        #expect(healthy.operations.planned == healthy.operations.confirmed)
        if !isPassedOn { #expect(shop.server.overlaps.isEmpty) }
        try await shop.expectEqual()
        try await expectCurrentBodies(in: shop)
        #expect(try await shop.state("SELECT count(*) FROM snapshot WHERE is_dirty") == "0")
        // What had no answer may have come late, after other values.
        let late = try #require(Int(try await shop.state("SELECT count(*) FROM late_writes")))
        #expect(late <= 2)
        #expect(try await shop.run().operations == .allConfirmed(late))
        #expect(try await shop.run().operations.planned == 0)
    }

    /// What the run with the fault reports, and what the server saw of it.
    private func expect(
        _ row: MatrixRow, of run: Workshop.Run, in shop: FaultyShop, before: [String: [String: String]],
        isPassedOn: Bool
    ) async throws {
        let outcomes = try await shop.outcomes(of: run)
        let (once, always) = (try #require(outcomes["u2"]), try #require(outcomes["u3"]))
        #expect(row.once.contains(once), "\(run.line)")
        #expect(row.always.contains(always), "\(run.line)")
        let spared: Set = row.stops ? ["confirmed", "deferred"] : MatrixRow.confirmed
        for uid in ["u1", "u4", "u5", "u6"] { #expect(spared.contains(outcomes[uid] ?? ""), "\(uid), \(run.line)") }

        let words = Set(outcomes.values)
        let isUnsent = !words.isDisjoint(with: ["unknown", "deferred"])
        #expect(run.exit == (isUnsent ? 5 : words.contains("rejected") ? 3 : 0))
        #expect(
            run.line.status
                == (isUnsent ? "failed" : words.contains("rejected") ? "completed_with_errors" : "succeeded"))
        if isUnsent {
            let error = try #require(run.line.error)
            let words = row.words + (isPassedOn ? ["reset", "closed", "truncated"] : [])
            // On a busy machine the short time limit may come first.
            #expect((words + ["timeout"]).contains { error.contains($0) }, "\(error)")
        } else {
            #expect(run.line.error == nil)
        }
        #expect(run.line.seconds.deliver >= row.seconds)

        for (uid, outcome) in outcomes {
            let requests = shop.server.requests(of: uid)
            #expect(requests.count <= Self.attempts, "\(uid)")
            switch outcome {
            case "confirmed": try await shop.expectEqual([uid])
            case "rejected", "deferred":
                #expect(!requests.contains { $0.wasApplied })
                #expect(shop.server.attributes(of: uid) == before[uid])
            default: break
            }
        }
        if row.isCountedExactly { #expect(run.line.attempts.sent == shop.server.requests.count) }
        if row.always == MatrixRow.rejected { #expect(shop.server.requests(of: "u3").count == 1) }
        if row.always == MatrixRow.unknown { #expect(shop.server.requests(of: "u3").count == Self.attempts) }
        try await expectCurrentBodies(in: shop)
    }

    /// No request held anything else than the table's current values.
    private func expectCurrentBodies(in shop: FaultyShop) async throws {
        let source = try await shop.source()
        for request in shop.server.requests {
            for (attribute, text) in request.body ?? [:] {
                #expect(source[request.uid]?[attribute] == text, "\(request.uid) \(attribute)")
            }
        }
    }
}
