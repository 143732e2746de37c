/// A database that models run on.
package struct SourceDefinition: Sendable {
    package enum Kind: Sendable {
        /// `path` is absolute.
        case sqlite(path: String)
        /// Any libpq URI or DSN; empty means the PG* variables alone.
        case postgres(url: Secret, allowSuperuser: Bool)
    }

    package var name: String
    package var kind: Kind
    /// Nil: no limit of ours.
    package var statementTimeout: Duration?
    /// How long what others lock is waited for; nil: the kind's own default.
    package var lockTimeout: Duration?
    package var position: Diagnostic.Position?

    package init(
        name: String, kind: Kind, statementTimeout: Duration? = nil, lockTimeout: Duration? = nil,
        position: Diagnostic.Position? = nil
    ) {
        self.name = name
        self.kind = kind
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
        self.position = position
    }
}

/// A Contentstack Personalize project that users are sent to.
package struct DestinationDefinition: Sendable {
    package enum Authentication: String, Sendable, CaseIterable { case oauth, authtoken, none }
    /// `two`: where the server offers it.
    package enum HTTPVersion: Int, Sendable {
        case one = 1
        case two = 2
    }

    package var name: String
    /// The id of `contentstack.md` section 4, aliases resolved: `na`, `eu`, `azure-na` …
    package var region: String
    package var projectUID: String
    package var authentication: Authentication = .oauth
    /// A run creates mapped attributes that the project lacks.
    package var createsMissing = false
    /// For logging in with OAuth.
    package var oauthApp: OAuthAppDefinition?
    /// Overrides of the region's hosts, for the simulator or a proxy; no trailing slash.
    package var edgeURL: String?
    package var managementURL: String?
    /// Where people log in, OAuth tokens are issued, and sessions begin; of a custom region.
    package var appURL: String?
    package var developerHubURL: String?
    package var contentManagementURL: String?
    /// Ceiling of the adaptive concurrency: requests in flight at once.
    package var maxInFlight = 256
    package var maxRequestsPerSecond: Double?
    /// For the whole request, connection included.
    package var timeout: Duration = .seconds(10)
    /// Absolute path of a PEM file.
    package var caFile: String?
    package var caFilePosition: Diagnostic.Position?
    package var proxy: ProxyDefinition?
    package var http = HTTPVersion.one
    package var position: Diagnostic.Position?

    package init(name: String, region: String = "na", projectUID: String, position: Diagnostic.Position? = nil) {
        self.name = name
        self.region = region
        self.projectUID = projectUID
        self.position = position
    }
}

/// The OAuth app of Contentstack's Developer Hub that people log in through.
package struct OAuthAppDefinition: Sendable, Hashable {
    package static let standardRedirectURI = "http://localhost:8184"

    package var uid: String
    package var clientID: String
    /// Apps that only prove possession of a code (PKCE) have none.
    package var clientSecret: Secret?
    /// Of this machine; one that the app is registered with.
    package var redirectURI = standardRedirectURI
    package var position: Diagnostic.Position?

    package init(
        uid: String, clientID: String, clientSecret: Secret? = nil, redirectURI: String = standardRedirectURI,
        position: Diagnostic.Position? = nil
    ) {
        self.uid = uid
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.redirectURI = redirectURI
        self.position = position
    }
}

/// An HTTP proxy that connections to a destination go through (CONNECT).
package struct ProxyDefinition: Sendable, Hashable {
    /// An IPv6 address without its brackets.
    package var host: String
    package var port: Int
    /// `user:password`.
    package var credentials: Secret?

    package init(host: String, port: Int, credentials: Secret? = nil) {
        self.host = host
        self.port = port
        self.credentials = credentials
    }
}

/// Where runs, plans and snapshots are remembered.
package struct StateDefinition: Sendable {
    package enum Location: Sendable {
        /// `path` is absolute.
        case sqlite(path: String)
        case postgres(url: Secret)
    }

    package var location: Location
    /// False: the snapshot keeps keyed fingerprints only, for every attribute.
    package var retainsValues = true
    /// Bound of the diff's memory.
    package var memoryLimitInBytes = 512 * 1024 * 1024
    /// How long a plan may be applied after it was made.
    package var planTimeToLive: Duration = .seconds(24 * 3600)
    /// How long `state prune` lets the details of runs stand after their end.
    package var retention = standardRetention
    /// The file says something else than a duration of it.
    package var hasIllegibleRetention = false
    package static let standardRetention = Duration.seconds(30 * 24 * 3600)
    /// Replaces the key file; as written by the user, any length.
    package var key: Secret?
    /// Where the location is written; nil for the standard one.
    package var position: Diagnostic.Position?
    package init(location: Location) { self.location = location }
}

/// The alerts section, checked for shape and kept; the alerting target gives it meaning.
package struct AlertDefinition: Sendable {
    package struct Channel: Sendable {
        package var name: String
        package var type: String
        /// Every setting as text or a list of texts; all are secrets, since most are.
        package var settings: [String: [Secret]]
        package var position: Diagnostic.Position?
        package init(name: String, type: String, settings: [String: [Secret]], position: Diagnostic.Position?) {
            (self.name, self.type, self.settings, self.position) = (name, type, settings, position)
        }
    }

    package struct Rule: Sendable {
        package var condition: String
        package var severity: String
        package var channels: [String]
        package var parameters: [String: String]
        package var position: Diagnostic.Position?
        package init(
            condition: String, severity: String, channels: [String], parameters: [String: String],
            position: Diagnostic.Position?
        ) {
            self.condition = condition
            self.severity = severity
            self.channels = channels
            self.parameters = parameters
            self.position = position
        }
    }

    package var channels: [Channel]
    package var rules: [Rule]
    package init(channels: [Channel] = [], rules: [Rule] = []) { (self.channels, self.rules) = (channels, rules) }
}

/// Where a model names one of its columns, for findings of the describe.
package struct ColumnPlace: Sendable, Hashable {
    package var column: String
    package var position: Diagnostic.Position?
    package init(column: String, position: Diagnostic.Position?) { (self.column, self.position) = (column, position) }
}

/// One SELECT in git, and what identifies its rows.
package struct ModelDefinition: Sendable {
    package var name: String
    package var source: SourceDefinition
    /// With the models that it includes.
    package var statement: SQLStatement
    package var primaryKey: [String]
    package var description: String?
    package var tests: [ModelTest] = []
    /// Columns masked in `preview` beyond those that feed a pii attribute.
    package var piiColumns: [String] = []
    /// Every column that `pii` and the tests name, in file order.
    package var columnPlaces: [ColumnPlace] = []
    /// IANA name of the zone that timestamps without one are in.
    package var timeZone: String?
    /// Nil: every run reads every row.
    package var cursor: CursorDefinition?
    package var position: Diagnostic.Position?
    /// Where the primary key is written.
    package var primaryKeyPosition: Diagnostic.Position?
    /// Where each of its columns is.
    package var primaryKeyPlaces: [ColumnPlace] = []

    package init(
        name: String, source: SourceDefinition, statement: SQLStatement, primaryKey: [String],
        position: Diagnostic.Position? = nil
    ) {
        self.name = name
        self.source = source
        self.statement = statement
        self.primaryKey = primaryKey
        self.position = position
    }
}

/// A whole project as its files say it, before any database was asked.
package struct Project: Sendable {
    package var name: String
    /// Absolute path of the folder that holds headrace.yml.
    package var directory: String
    package var sources: [SourceDefinition]
    package var destinations: [DestinationDefinition]
    package var state: StateDefinition
    package var alerts: AlertDefinition
    /// In file order of models/attributes.yml.
    package var attributes: [AttributeDefinition]
    package var models: [ModelDefinition]
    /// Sorted by name.
    package var syncs: [SyncDefinition]
    /// Of the files that the definitions came from.
    package var sourceLines = SourceLines()

    package init(
        name: String, directory: String, sources: [SourceDefinition], destinations: [DestinationDefinition],
        state: StateDefinition, alerts: AlertDefinition, attributes: [AttributeDefinition],
        models: [ModelDefinition], syncs: [SyncDefinition]
    ) {
        self.name = name
        self.directory = directory
        self.sources = sources
        self.destinations = destinations
        self.state = state
        self.alerts = alerts
        self.attributes = attributes
        self.models = models
        self.syncs = syncs
    }
}
