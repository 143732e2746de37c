import CLibPQ
import Glibc

/// Makes a connection and looks, while it waits for the network, whether it is still wanted: libpq's own blocking call
/// would wait out the time limit of every host. Resolving a name is the system's and cannot be broken off.
struct PGConnecting {
    private enum Outcome {
        case connected
        case failed
        /// The host that took the connection and then said nothing.
        case silent(PGPlace)
    }

    /// How often it is asked whether the connection is still wanted.
    private static let glanceInMilliseconds: Int32 = 50

    let isCancelled: () -> Bool
    /// Addresses that did not answer in time, in words.
    private var unanswered: [String] = []

    init(isCancelled: @escaping () -> Bool) { self.isCancelled = isCancelled }

    /// A connection in status `CONNECTION_OK`, the caller's to finish. Throws what libpq says of every host, which names
    /// hosts, ports, users and databases, never a password.
    mutating func connect(_ parameters: PGParameters) throws(PGError) -> OpaquePointer {
        guard let pointer = parameters.withArrays({ PQconnectStartParams($0, $1, 1) }) else {
            throw PGError(sqlState: "53200", message: "out of memory")
        }
        let outcome = attempt(pointer, limit: parameters.connectTimeout)
        if case .connected = outcome { return pointer }
        let words = PQerrorMessage(pointer).map { String(cString: $0) } ?? ""
        PQfinish(pointer)
        // libpq goes on to the next host by itself only while none has taken the connection.
        if case .silent(let place) = outcome, let rest = parameters.without(place) { return try connect(rest) }
        throw PGError(sqlState: "", message: ([words] + unanswered).joined(separator: "\n"))
    }

    private mutating func attempt(_ pointer: OpaquePointer, limit: Duration?) -> Outcome {
        guard PQstatus(pointer) != CONNECTION_BAD else { return .failed }
        var next = PGRES_POLLING_WRITING
        var address = PGPlace(of: pointer)
        var start = ContinuousClock.now
        while next != PGRES_POLLING_OK {
            guard next != PGRES_POLLING_FAILED, !isCancelled() else { return .failed }
            let events = Int16(next == PGRES_POLLING_READING ? POLLIN : POLLOUT)
            var descriptor = pollfd(fd: PQsocket(pointer), events: events, revents: 0)
            guard poll(&descriptor, 1, Self.glanceInMilliseconds) == 0 else {
                next = PQconnectPoll(pointer)
                let current = PGPlace(of: pointer)
                if current != address { (address, start) = (current, ContinuousClock.now) }
                continue
            }
            guard let limit, ContinuousClock.now - start >= limit else { continue }
            unanswered.append("no answer from \(address) within \(limit)")
            // Ends the attempt as if refused, so that libpq tries the next address of the host, or the next host.
            let isEnded = PQstatus(pointer) == CONNECTION_STARTED && shutdown(descriptor.fd, Int32(SHUT_RDWR)) == 0
            guard isEnded else { return .silent(address) }
            start = ContinuousClock.now
        }
        return .connected
    }
}

/// One of the hosts that a connection may go to.
struct PGPlace: Equatable, CustomStringConvertible {
    var host: String
    var address: String
    var port: String

    var description: String { "\(host.isEmpty ? address : host):\(port)" }
}

extension PGPlace {
    /// Where a connection is going now.
    init(of pointer: OpaquePointer) {
        host = PQhost(pointer).map { String(cString: $0) } ?? ""
        address = PQhostaddr(pointer).map { String(cString: $0) } ?? ""
        port = PQport(pointer).map { String(cString: $0) } ?? ""
    }
}
