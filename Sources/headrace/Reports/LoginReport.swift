import Contentstack
import Foundation
import OutboundHTTP
import SyncCore

/// A login without its tokens.
struct LoginReport {
    private var host: String
    private var method: String
    private var email: String?
    private var userUID: String?
    private var organizationUID: String?
    private var organizationName: String?
    private var expiresAt: Date?
    /// The variable that it is from.
    private var variable: String?

    init(_ login: StoredLogin, user: RemoteUser? = nil, place: LoginPlace) {
        host = place.hosts.management.authority
        method = login.method.rawValue
        email = user?.email ?? login.email
        userUID = user?.uid ?? login.userUID
        organizationUID = login.organizationUID
        organizationName = user?.organizations.first { $0.uid == login.organizationUID }?.name
        expiresAt = login.expiresAt
    }

    init(_ given: GivenToken, user: RemoteUser?, place: LoginPlace) {
        host = place.hosts.management.authority
        method = given.value.kind == .authtoken ? "authtoken" : "oauth"
        (email, userUID) = (user?.email, user?.uid)
        let only = user?.organizations.count == 1 ? user?.organizations.first : nil
        (organizationUID, organizationName) = (only?.uid, only?.name)
        variable = given.variable
    }

    private var end: String? {
        guard let seconds = expiresAt?.timeIntervalSince1970, seconds.magnitude < 1e11 else { return nil }
        return WallTime(microseconds: Int64(seconds * 1_000_000)).iso8601Milliseconds
    }

    var json: JSONText {
        .members([
            "host": .string(host), "method": .string(method), "email": .optional(email), "user_uid": .optional(userUID),
            "organization_uid": .optional(organizationUID), "organization": .optional(organizationName),
            "access_token_expires_at": .optional(end), "variable": .optional(variable),
        ])
    }

    var sentence: String {
        let who = email ?? userUID ?? "somebody whom Contentstack does not name"
        let organization =
            organizationName.map { " of \($0)" } ?? organizationUID.map { " of organization \($0)" } ?? ""
        let source = variable.map { ", by the token of \($0)" } ?? ""
        let until =
            end.map { ", with a token until \($0) that is renewed by itself" }
            ?? (method == "authtoken" ? ", until it is ended" : "")
        return TerminalText.escaped("\(who)\(organization) at \(host) (\(method))\(source)\(until)")
    }
}
