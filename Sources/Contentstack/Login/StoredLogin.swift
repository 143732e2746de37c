package import Foundation
package import SyncCore

/// A login as it is kept between commands.
package struct StoredLogin: Sendable, Codable, Equatable {
    package enum Method: String, Sendable, Codable { case oauth, authtoken }

    package var method: Method
    /// The authtoken, or OAuth's access token.
    package var token: String
    package var refreshToken: String?
    /// Of the access token; nil where it does not end by time.
    package var expiresAt: Date?
    package var userUID: String?
    package var email: String?
    package var organizationUID: String?
    package var loggedInAt: Date
    /// Why Contentstack does not accept it any more; nobody is asked again with it.
    package var lost: String?

    package init(
        method: Method, token: Secret, refreshToken: Secret? = nil, expiresAt: Date? = nil, userUID: String? = nil,
        email: String? = nil, organizationUID: String? = nil, loggedInAt: Date
    ) {
        self.method = method
        self.token = token.reveal()
        self.refreshToken = refreshToken?.reveal()
        self.expiresAt = expiresAt
        self.userUID = userUID
        self.email = email
        self.organizationUID = organizationUID
        self.loggedInAt = loggedInAt
    }

    private enum CodingKeys: String, CodingKey {
        case method, token, email, lost
        case refreshToken = "refresh_token"
        case expiresAt = "expires_at"
        case userUID = "user_uid"
        case organizationUID = "organization_uid"
        case loggedInAt = "logged_in_at"
    }

    package var credential: ManagementCredential {
        ManagementCredential(method == .authtoken ? .authtoken : .bearer, Secret(token))
    }
}

extension StoredLogin: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹login›" }
    package var debugDescription: String { "‹login›" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
