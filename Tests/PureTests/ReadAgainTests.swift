import SyncCore
import SyncEngine
import Testing

@Suite struct ReadAgainTests {
    @Test func startsALostReadAgainThreeTimesWithLongerWaits() {
        var again = ReadAgain()
        #expect((1...4).map { _ in again.wait(after: .lost) } == [.seconds(1), .seconds(5), .seconds(20), nil])
        #expect(again.count == 3)
    }

    @Test func waitsForAServerThatRestartsOnlyAfterALostRead() {
        var again = ReadAgain()
        #expect(again.wait(after: .unreachable) == nil)
        #expect(again.wait(after: .lost) == .seconds(1))
        #expect(again.wait(after: .unreachable) == .seconds(5))
    }

    @Test(arguments: [SourceFailure.Kind.statement, .unavailable, .timedOut, .cancelled])
    func takesOtherFailuresAsFinal(kind: SourceFailure.Kind) {
        var again = ReadAgain()
        _ = again.wait(after: .lost)
        #expect(again.wait(after: kind) == nil)
    }
}
