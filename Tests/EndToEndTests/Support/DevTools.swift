import Foundation
import Synchronization
import TestKit

/// Chromium's DevTools protocol over a pair of pipes: JSON, each message ended by a zero byte.
final class DevTools: Sendable {
    private let process: RunningProcess
    private let waiting = Replies()
    private let writing = Mutex(())

    /// Starts a browser whose profile lies in the folder. It ends when its pipe does: also when the test process dies.
    init(in folder: ScratchFolder) throws {
        let program = "/usr/bin/chromium"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Browser.Problem(description: "no \(program): install the apt package chromium")
        }
        let arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--no-default-browser-check", "--disable-background-networking", "--disable-component-update",
            "--disable-extensions", "--disable-sync", "--no-proxy-server", "--hide-scrollbars",
            "--user-data-dir=\(folder.path)profile", "--remote-debugging-pipe", "about:blank",
        ]
        // Chromium reads commands from descriptor 3 and answers on 4.
        process = try RunningProcess(
            program: URL(filePath: "/bin/sh"),
            ["-c", #"exec "$0" "$@" 3<&0 4>&1 1>&2 </dev/null"#, program] + arguments, in: folder.url,
            environment: HeadraceProcess.environment(["HOME": folder.path]), keepsInputOpen: true)
        Thread.detachNewThread { [process, waiting] in waiting.read(from: process) }
    }

    deinit { process.closeInput() }

    /// Ends the browser and waits until it has.
    func end() async {
        process.closeInput()
        _ = await process.end(timeout: 20)
    }

    /// Sends a command and waits for its result, at most 30 seconds; `session` is the page that it is for.
    func send<Result: Decodable>(
        _ method: String, _ parameters: [String: any Sendable] = [:], session: String? = nil
    ) async throws -> Result {
        let id = waiting.nextID()
        var message: [String: any Sendable] = ["id": id, "method": method, "params": parameters]
        message["sessionId"] = session
        let bytes = try JSONSerialization.data(withJSONObject: message) + [0]
        let answer = await withCheckedContinuation { continuation in
            waiting.add(continuation, for: id)
            DispatchQueue.global().asyncAfter(deadline: .now() + 30) { [waiting] in waiting.settle(id, with: nil) }
            // A browser that has gone no longer reads.
            do { try writing.withLock { _ in try process.write(bytes) } } catch { waiting.settle(id, with: nil) }
        }
        guard let answer else {
            let words = process.errorText.suffix(2_000)
            throw Browser.Problem(description: "\(method): the browser does not answer\n\(words)")
        }
        let reply = try JSONDecoder().decode(Reply<Result>.self, from: answer)
        guard let result = reply.result else {
            throw Browser.Problem(description: "\(method): \(reply.error?.message ?? "no result")")
        }
        return result
    }
}

private struct Reply<Result: Decodable>: Decodable {
    struct Refusal: Decodable { var message: String }
    var result: Result?
    var error: Refusal?
}

/// Who waits for which reply. The thread that reads holds this and not the tools, which would then never go.
private final class Replies: Sendable {
    private struct State {
        var lastID = 0
        var hasEnded = false
        var waiting: [Int: CheckedContinuation<Data?, Never>] = [:]
    }

    private let state = Mutex(State())

    func nextID() -> Int {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    /// Resumed with nil where the browser has gone.
    func add(_ continuation: CheckedContinuation<Data?, Never>, for id: Int) {
        let hasEnded = state.withLock { state in
            if !state.hasEnded { state.waiting[id] = continuation }
            return state.hasEnded
        }
        if hasEnded { continuation.resume(returning: nil) }
    }

    /// Does nothing for a reply that nobody waits for any more.
    func settle(_ id: Int, with answer: Data?) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: answer)
    }

    func read(from process: RunningProcess) {
        struct Numbered: Decodable { var id: Int? }
        while let message = process.takeOutput(endingIn: 0) {
            // Without a number it is an event, which nobody waits for.
            if let id = (try? JSONDecoder().decode(Numbered.self, from: message))?.id { settle(id, with: message) }
        }
        let left = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in left { continuation.resume(returning: nil) }
    }
}
