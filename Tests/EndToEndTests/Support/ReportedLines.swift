import Foundation

/// One line of `run --output json` or `apply --output json`, with every key the contract promises.
struct ReportedRun: Decodable, Sendable {
    struct Attempts: Decodable, Sendable { var sent: Int, retried: Int }
    struct Seconds: Decodable, Sendable { var query: Double, plan: Double, deliver: Double }

    struct Invalid: Decodable, Sendable {
        var key: String?
        var column: String?
        var reason: String
    }

    var runID: String?
    var sync: String
    var model: String
    var status: String
    var trigger: String
    var startedAt: String
    var finishedAt: String?
    var error: String?
    var rows: RowNumbers
    var operations: OperationNumbers
    var attempts: Attempts
    var seconds: Seconds
    var invalidSample: [Invalid]
    /// Of a model with a cursor.
    var read: ReportedReading?

    private enum CodingKeys: String, CodingKey {
        case runID = "run_id"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case invalidSample = "invalid_sample"
        case sync, model, status, trigger, error, rows, operations, attempts, seconds, read
    }
}

struct ReportedReading: Decodable, Sendable, Equatable {
    var mode: String
    var column: String
    var from: String?
    var reason: String?

    static func full(_ reason: String) -> Self { Self(mode: "full", column: "seen", reason: reason) }
    static func from(_ value: String) -> Self { Self(mode: "incremental", column: "seen", from: value) }
}

struct RowNumbers: Decodable, Sendable, Equatable {
    var queried = 0, unchanged = 0, added = 0, changed = 0, removed = 0, invalid = 0
}

struct OperationNumbers: Decodable, Sendable, Equatable {
    var planned = 0, confirmed = 0, rejected = 0, unknown = 0, deferred = 0, quarantined = 0

    /// Everything that was planned was confirmed.
    static func allConfirmed(_ count: Int) -> Self { Self(planned: count, confirmed: count) }
}

/// One line of `plan --output json`.
struct ReportedPlan: Decodable, Sendable {
    struct Operations: Decodable, Sendable { var planned: Int }
    struct Withheld: Decodable, Sendable, Equatable { var ageing = 0, quarantined = 0 }

    struct Verdict: Decodable, Sendable {
        var name: String
        var limit: Double?
        var actual: Double?
        var tripped: Bool
    }

    struct User: Decodable, Sendable {
        struct Change: Decodable, Sendable, Equatable {
            var old: JSONValue?
            var new: JSONValue?

            private enum CodingKeys: CodingKey { case old, new }

            /// Tells an absent `old` (unknown to the snapshot) from a null one.
            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                old = container.contains(.old) ? try container.decode(JSONValue.self, forKey: .old) : nil
                new = container.contains(.new) ? try container.decode(JSONValue.self, forKey: .new) : nil
            }

            init(_ old: JSONValue?, _ new: JSONValue?) { (self.old, self.new) = (old, new) }
        }

        var userUID: String
        var key: String
        var kind: String
        var reason: String
        var attributes: [String: Change]

        private enum CodingKeys: String, CodingKey {
            case userUID = "user_uid"
            case key, kind, reason, attributes
        }
    }

    var planID: String
    var sync: String
    var rows: RowNumbers
    var operations: Operations
    var guards: [Verdict]
    var users: [User]
    var withheld: Withheld
    /// Of a model with a cursor.
    var read: ReportedReading?

    var tripped: [String] { guards.filter(\.tripped).map(\.name) }

    private enum CodingKeys: String, CodingKey {
        case planID = "plan_id"
        case sync, rows, operations, guards, users, withheld, read
    }
}

/// One line of `retry --output json`.
struct ReportedRelease: Decodable, Sendable, Equatable {
    var sync = "loyalty"
    var released = 0, quarantined = 0, ageing = 0
}

/// One line of `check --output json`.
struct ReportedFinding: Decodable, Sendable, Hashable {
    var severity: String
    var code: String
    var file: String?
    var line: Int?
    var message: String
    var hint: String?
}

/// A scalar of JSON.
enum JSONValue: Decodable, Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)

    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .boolean(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .string(try container.decode(String.self))
        }
    }
}
