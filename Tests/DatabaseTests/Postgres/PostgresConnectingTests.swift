import Foundation
import SQLDatabases
import SyncCore
import TestKit
import Testing

/// Servers that do not answer, alone and among others.
@Suite(.timeLimit(.minutes(1))) struct PostgresConnectingTests {
    private func source(_ url: String) -> PostgresSource {
        PostgresSource(name: "warehouse", url: Secret(url), allowSuperuser: false, statementTimeout: nil)
    }

    private func failure(_ url: String) async -> SourceFailure? {
        do throws(SourceFailure) {
            _ = try await source(url).probe()
            return nil
        } catch { return error }
    }

    /// Takes connections and says nothing.
    private func silentServer() throws -> RawServer { try RawServer { connection, _ in connection.waitForClose() } }

    /// Hosts `a,b` in a URI of the database's reader.
    private func url(_ database: PostgresDatabase, places: String, options: String) -> String {
        database.readerURL.replacing("127.0.0.1:\(database.server.port)", with: places) + "?\(options)"
    }

    /// The limit is what fails where the connection waits for its own timeout.
    @Test(.timeLimit(.minutes(2))) func givesUpWhenTheTaskIsCancelled() async throws {
        let silent = try silentServer()
        defer { silent.stop() }
        let address = "postgresql://u@127.0.0.1:\(silent.port)/d?sslmode=disable&connect_timeout=3600"
        let connecting = Task { await failure(address) }
        while silent.connectionCount == 0 { await Task.yield() }
        connecting.cancel()
        #expect(await connecting.value?.kind == .cancelled)
    }

    @Test func namesTheServerThatDoesNotAnswerInTime() async throws {
        let silent = try silentServer()
        defer { silent.stop() }
        let failure = try #require(
            await failure("postgresql://u@127.0.0.1:\(silent.port)/d?sslmode=disable&connect_timeout=2"))
        #expect(failure.kind == .unreachable)
        #expect(failure.diagnostic.message.contains("no answer from 127.0.0.1:\(silent.port) within 2.0 seconds"))
    }

    @Test func triesTheNextHostAfterOneThatRefusesAndOneThatIsSilent() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let silent = try silentServer()
        defer { silent.stop() }
        let closed = try FreePort.find()
        let places = [closed, silent.port, database.server.port].map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let address = url(database, places: places, options: "connect_timeout=2&sslmode=disable")
        #expect(try await source(address).probe().contains("at 127.0.0.1:\(database.server.port)"))
        #expect(silent.connectionCount == 1)
    }

    /// A listener whose queue is full leaves a connection unanswered, as a firewall that drops packets does.
    @Test func triesTheNextHostAfterOneThatDropsThePackets() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let full = try FullListener()
        let places = "127.0.0.1:\(full.port),127.0.0.1:\(database.server.port)"
        let address = url(database, places: places, options: "connect_timeout=2")
        let start = ContinuousClock.now
        #expect(try await source(address).probe().contains("at 127.0.0.1:\(database.server.port)"))
        #expect(ContinuousClock.now - start >= .seconds(2))
        let failure = try #require(await failure("host=127.0.0.1 port=\(full.port) user=u connect_timeout=2"))
        #expect(failure.diagnostic.message.contains("no answer from 127.0.0.1:\(full.port)"))
    }

    @Test func tellsTheServerWhoItIsAndKeepsTheConnectionAlive() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let name = "SELECT current_setting('application_name')"
        #expect(try await source(database.readerURL).rows(name) == [[.text("headrace")]])
        let named = database.readerURL + "?application_name=nightly"
        #expect(try await source(named).rows(name) == [[.text("nightly")]])

        let reader = try await source(database.readerURL).read(
            .model("SELECT inet_client_port() FROM generate_series(1, 2000000)"))
        let batch = try #require(try await reader.next(reusing: RowBatch(columnCount: 1)))
        guard case .integer(let port) = batch.cell(row: 0, column: 0) else { throw Unexpected() }
        let descriptor = try #require((0..<CInt(4096)).first { localPort(of: $0) == Int(port) })
        #expect(option(SO_KEEPALIVE, SOL_SOCKET, of: descriptor) == 1)
        #expect(option(TCP_KEEPIDLE, CInt(IPPROTO_TCP), of: descriptor) == 30)
        await reader.close()
    }

    private struct Unexpected: Error {}

    private func localPort(of descriptor: CInt) -> Int? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private func option(_ name: CInt, _ level: CInt, of descriptor: CInt) -> CInt {
        var value: CInt = -1
        var length = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, level, name, &value, &length)
        return value
    }
}

/// A port on which the kernel takes no further connection.
private final class FullListener: Sendable {
    let port: Int
    private let sockets: [CInt]

    init() throws {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        port = try FreePort.find()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var sockets = [listener]
        let isListening = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(listener, generic, length) == 0, listen(listener, 0) == 0 else { return false }
                for _ in 0..<3 {
                    let client = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
                    _ = connect(client, generic, length)
                    sockets.append(client)
                }
                return true
            }
        }
        self.sockets = sockets
        guard isListening else { throw POSIXError(.EADDRINUSE) }
    }

    deinit { for descriptor in sockets { close(descriptor) } }
}
