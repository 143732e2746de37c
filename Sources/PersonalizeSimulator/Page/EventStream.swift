import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /__simulator/events`: server-sent events, each saying no more than that something has changed.
struct EventStream {
    static let path = "/__simulator/events"
    /// Four ticks a second at most.
    private static let pause = Duration.milliseconds(250)

    let state: SimulatorState
    let connection: RawConnection

    /// Begins to listen.
    func start() -> Response {
        guard let listener = state.changes.subscribe() else {
            return Answer(
                status: 503, headers: PageFrame.headers("text/plain; charset=utf-8"),
                body: "\(ChangeFeed.maximumListeners) pages are live already.\n"
            ).response
        }
        var response = Answer(status: 200, headers: PageFrame.headers("text/event-stream")).response
        response.body = ResponseBody { [state, connection] writer in
            defer { listener.leave() }
            do {
                try await connection.watchForClosing(closes: true) { listener.leave() }
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                // A reader that is slow holds this up, and what happens meanwhile is one more tick.
                for await _ in listener.changes {
                    listener.expectMore()
                    try await writer.write(ByteBuffer(string: "data: changed\n\n"))
                    try await state.options.clock.sleep(for: Self.pause)
                }
            } catch {
                // Not in good order: that would wait for a reader who reads no more.
                await connection.close()
                throw error
            }
            await connection.close()
        }
        return response
    }
}
