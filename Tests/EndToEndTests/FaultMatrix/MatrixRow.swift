import Foundation
import TestKit
import Testing

/// One fault, and what a run must make of it: of a user whom it meets once, and of one whom it meets every time.
struct MatrixRow: Sendable, CustomTestStringConvertible {
    var name: String
    var fault: Fault
    var once: Set<String>
    var always: Set<String>
    /// What the run may name as the last answer; empty where it ends well.
    var words: [String] = []
    var timeout = "10s"
    /// The run ends early, so that users whom the fault never met may be deferred.
    var stops = false
    /// Requests that the run counts as sent are those that the server read.
    var isCountedExactly = true
    /// At least so long.
    var seconds = 0.0
    var receiveBuffer: CInt?
    var noteLength = 10

    var testDescription: String { name }

    static let confirmed: Set = ["confirmed"], rejected: Set = ["rejected"], deferred: Set = ["deferred"]
    static let unknown: Set = ["unknown"]

    /// The write may have been applied: tried again, unknown in the end.
    static func ambiguous(_ name: String, _ fault: Fault, _ words: String...) -> MatrixRow {
        MatrixRow(name: name, fault: fault, once: confirmed, always: unknown, words: words)
    }

    static func good(_ name: String, _ fault: Fault) -> MatrixRow {
        MatrixRow(name: name, fault: fault, once: confirmed, always: confirmed)
    }

    func with(_ change: (inout MatrixRow) -> Void) -> MatrixRow {
        var row = self
        change(&row)
        return row
    }

    /// Rows of the table 'Answers' of how-a-run-works.md.
    static let answers: [MatrixRow] =
        [200, 204].map { good("\($0)", .status($0, applies: true)) }
        + [201, 202, 206].map { ambiguous("\($0)", .status($0, applies: true), "\($0)") }
        + [408, 425, 500, 502, 503, 504].map { ambiguous("\($0)", .status($0), "\($0)") }
        + [ambiguous("500 though applied", .status(500, applies: true), "500")]
        + [400, 404, 413, 415, 422, 431].map { status in
            MatrixRow(name: "\(status)", fault: .status(status, body: "{}"), once: rejected, always: rejected)
        }
        + [401, 403].map { status in
            MatrixRow(
                name: "\(status)", fault: .status(status), once: deferred, always: deferred, words: ["\(status)"])
        } + throttling

    private static func throttled(_ name: String, _ headers: [String], seconds: Double) -> MatrixRow {
        let lines = ["HTTP/1.1 429 Too Many Requests", "content-length: 0"] + headers
        return MatrixRow(
            name: "429 \(name)", fault: .answer(lines.joined(separator: "\r\n") + "\r\n\r\n"), once: confirmed,
            always: deferred, words: ["429"], seconds: seconds)
    }

    private static func date(_ hours: Double, plus seconds: Double = 0) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.string(from: Date(timeIntervalSince1970: 1_800_000_000 + hours * 3600 + seconds))
    }

    private static let throttling: [MatrixRow] =
        [
            throttled("with seconds", ["retry-after: 1"], seconds: 1),
            throttled(
                "with a date, clock behind", ["date: \(date(-50_000))", "retry-after: \(date(-50_000, plus: 1))"],
                seconds: 1),
            throttled(
                "with a date, clock ahead", ["date: \(date(50_000))", "retry-after: \(date(50_000, plus: 1))"],
                seconds: 1),
            throttled("without", [], seconds: 0),
            throttled("with a date and no Date", ["retry-after: \(date(50_000))"], seconds: 0),
            throttled("with garbage", ["retry-after: soon"], seconds: 0),
        ]
        + [
            throttled("past 300 s", ["retry-after: 301"], seconds: 0),
            throttled(
                "with a date past 300 s", ["date: \(date(0))", "retry-after: \(date(0, plus: 301))"], seconds: 0),
        ].map { row in
            row.with { row in
                (row.once, row.words, row.stops) = (deferred, ["longer pause than a run may last"], true)
            }
        }

    /// What the connection does.
    static let transport: [MatrixRow] = [
        MatrixRow(
            name: "reset before the request was read", fault: .reset(at: .unread), once: confirmed,
            always: ["unknown", "deferred"],
            words: ["reset", "closed"], isCountedExactly: false),
        ambiguous("reset during the request", .resetDuringTheRequest, "reset", "closed").with {
            $0.isCountedExactly = false
        },
        ambiguous("reset after the request", .reset(at: .whole), "reset"),
        ambiguous("reset after applying", .reset(at: .whole, applies: true), "reset"),
        ambiguous("closed without an answer", .close(applies: false), "closed"),
        ambiguous("closed after applying", .close(applies: true), "closed"),
        ambiguous("no answer", .silence(at: .whole), "timeout").with { $0.timeout = "1s" },
        ambiguous("no answer after applying", .silence(at: .whole, applies: true), "timeout").with {
            $0.timeout = "1s"
        },
        ambiguous("garbage", .answer("SMTP ready\r\n\r\n", closes: true), "garbled"),
        ambiguous("garbage after applying", .answer("\u{1}\u{2}\u{3}\r\n\r\n", applies: true, closes: true), "garbled"),
        ambiguous("a truncated status line", .answer("HTTP/1.1 20", applies: true, closes: true), "truncated"),
        ambiguous(
            "a truncated head", .answer("HTTP/1.1 204 No Content\r\nx: ", applies: true, closes: true), "truncated",
            "closed"),
        ambiguous(
            "a truncated body",
            .answer("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", applies: true, closes: true), "truncated"),
        ambiguous("a head of ten megabytes", .endlessHead, "too large"),
        ambiguous(
            "a body past the limit", .status(200, body: String(repeating: "x", count: 70_000), applies: true),
            "too large"),
        ambiguous("a slow trickle", .trickle(applies: true), "timeout").with { $0.timeout = "1s" },
        ambiguous("a server that never reads", .silence(at: .unread), "timeout").with { row in
            (row.timeout, row.receiveBuffer, row.noteLength) = ("1s", 4096, 300_000)
        },
        ambiguous("503 and closed before the body was read", .earlyClose(503), "503", "reset", "closed", "truncated")
            .with {
                ($0.isCountedExactly, $0.noteLength) = (false, 100_000)
            },
        MatrixRow(
            name: "413 and closed before the body was read", fault: .earlyClose(413), once: ["rejected", "confirmed"],
            always: ["rejected", "unknown"], words: ["413", "reset", "closed", "truncated"], isCountedExactly: false,
            noteLength: 100_000),
        ambiguous("another user's uid", .status(200, "x-cs-personalize-user-uid: u6"), "for another user"),
        good("204 with a body", .answer("HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\nabc", applies: true)),
        good(
            "204 with a body nobody announced",
            .answer("HTTP/1.1 204 No Content\r\n\r\n{}", applies: true, closes: true)),
        good(
            "100 before the answer",
            .answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", applies: true)),
        good(
            "103 before the answer",
            .answer("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", applies: true)),
        good("an answer in two packets", .answer("HTTP/1.1 20", "4 No Content\r\n\r\n", applies: true)),
        good(
            "a chunked answer",
            .answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n", "0\r\n\r\n", applies: true)),
        ambiguous(
            "a chunked answer that ends early",
            .answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nok", applies: true, closes: true),
            "truncated"),
    ]
}
