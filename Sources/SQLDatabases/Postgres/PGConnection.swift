import CLibPQ
import Glibc

/// One connection, closed exactly once when its owner lets go. Calls block: it lives inside an actor that runs on a
/// `DatabaseExecutor` and never leaves it.
final class PGConnection {
    private let pointer: OpaquePointer

    /// Connects, waiting at most the parameters' `connect_timeout` for each address of each host, and giving up soon
    /// after `isCancelled` says so.
    init(_ parameters: PGParameters, isCancelled: @escaping () -> Bool) throws(PGError) {
        var connecting = PGConnecting(isCancelled: isCancelled)
        pointer = try connecting.connect(parameters)
        // Without it libpq prints notices to standard error.
        PQsetNoticeProcessor(pointer, { _, _ in }, nil)
    }

    deinit { PQfinish(pointer) }

    var isLost: Bool { PQstatus(pointer) != CONNECTION_OK }
    var user: String { PQuser(pointer).map { String(cString: $0) } ?? "" }
    var database: String { PQdb(pointer).map { String(cString: $0) } ?? "" }
    var host: String { PQhost(pointer).map { String(cString: $0) } ?? "" }
    var port: String { PQport(pointer).map { String(cString: $0) } ?? "" }
    var serverVersion: String { PQparameterStatus(pointer, "server_version").map { String(cString: $0) } ?? "" }
    var serverEncoding: String { PQparameterStatus(pointer, "server_encoding").map { String(cString: $0) } ?? "" }
    var isEncrypted: Bool { PQsslInUse(pointer) != 0 }

    /// What can stop a statement of this connection from any thread.
    func cancelHandle() -> PGCancel? { PGCancel(PQgetCancel(pointer)) }

    /// Runs commands without parameters in the simple protocol and returns the last one's result, in text.
    @discardableResult
    func execute(_ sql: String) throws(PGError) -> PGResult { try checked(PQexec(pointer, sql)) }

    /// Runs one command with values for its parameters, in text.
    func execute(_ sql: String, _ values: [String]) throws(PGError) {
        guard !values.isEmpty else {
            try execute(sql)
            return
        }
        let result = Self.withPointers(to: values) {
            PQexecParams(pointer, sql, Int32(values.count), nil, $0, nil, nil, 0)
        }
        _ = try checked(result)
    }

    private static func withPointers<Result>(
        to values: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        let copies: [UnsafePointer<CChar>?] = values.map { UnsafePointer(strdup($0)) }
        defer { for copy in copies { free(UnsafeMutablePointer(mutating: copy)) } }
        return body(copies)
    }

    /// Prepares the unnamed statement.
    func prepare(_ sql: String) throws(PGError) { _ = try checked(PQprepare(pointer, "", sql, 0, nil)) }

    /// The columns of the unnamed statement, and how many parameters it wants.
    func describe() throws(PGError) -> (columns: [PGColumn], parameterCount: Int) {
        let result = try checked(PQdescribePrepared(pointer, ""))
        return ((0..<result.columnCount).map { result.column($0) }, result.parameterCount)
    }

    /// Starts the unnamed statement with values for its parameters, in text; its rows come one by one and in binary
    /// from `nextResult`.
    func startSingleRowMode(_ values: [String]) throws(PGError) {
        let isSent = Self.withPointers(to: values) {
            PQsendQueryPrepared(pointer, "", Int32(values.count), $0, nil, nil, 1)
        }
        guard isSent == 1, PQsetSingleRowMode(pointer) == 1 else { throw lastError }
    }

    /// Starts one statement with values for its parameters, in text; its results come from `nextResult`.
    func send(_ sql: String, _ values: [String] = []) throws(PGError) {
        let isSent = Self.withPointers(to: values) {
            PQsendQueryParams(pointer, sql, Int32(values.count), nil, $0, nil, nil, 0)
        }
        guard isSent == 1 else { throw lastError }
    }

    /// Whether what was sent goes on; waits so long for news of it.
    func isStillBusy(after milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
        poll(&descriptor, 1, milliseconds)
        return PQconsumeInput(pointer) == 1 && PQisBusy(pointer) == 1
    }

    /// Waits for the next result of what was started; nil when there is none left.
    @inline(__always)
    func nextResult() -> PGResult? { PGResult(PQgetResult(pointer)) }

    private func checked(_ result: OpaquePointer?) throws(PGError) -> PGResult {
        guard let result = PGResult(result) else { throw lastError }
        if let error = result.error { throw error }
        return result
    }

    private var lastError: PGError {
        PGError(sqlState: "", message: PQerrorMessage(pointer).map { String(cString: $0) } ?? "unknown error")
    }
}

// Never leaves the actor that owns the connection.
@available(*, unavailable)
extension PGConnection: Sendable {}

/// Asks the server to stop what a connection is running. libpq allows its use from any thread, also when the connection
/// is closed already.
final class PGCancel: Sendable {
    // Immutable once made: `PQcancel` only reads it.
    nonisolated(unsafe) private let pointer: OpaquePointer

    init?(_ pointer: OpaquePointer?) {
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    deinit { PQfreeCancel(pointer) }

    /// Blocks while it connects to the server. False when the server could not be told.
    @discardableResult
    func send() -> Bool {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { PQcancel(pointer, $0.baseAddress, 256) == 1 }
    }
}
