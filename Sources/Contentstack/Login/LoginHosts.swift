package import OutboundHTTP
package import SyncCore

/// The hosts of a destination that know people: those of its region, or those that the file names.
package struct LoginHosts: Sendable {
    package let management: HTTPEndpoint
    /// Pages, and the tokens of apps that have a secret.
    package let app: HTTPEndpoint
    /// The tokens of apps without one, and what people have allowed apps to do.
    package let developerHub: HTTPEndpoint
    /// Sessions of people.
    package let contentManagement: HTTPEndpoint

    package var all: [HTTPEndpoint] { [management, app, developerHub, contentManagement] }

    /// A management host of this machine is a simulator, which is all of them. Throws an unknown region or a malformed URL.
    package init(_ definition: DestinationDefinition) throws(Diagnostic) {
        let region = try Region(of: definition)
        let management = try HTTPEndpoint(definition.managementURL ?? region.managementURL, at: definition.position)
        func host(_ written: String?, _ standard: String) throws(Diagnostic) -> HTTPEndpoint {
            if written == nil, management.isLoopback { return management }
            return try HTTPEndpoint(written ?? standard, at: definition.position)
        }
        self.management = management
        app = try host(definition.appURL, region.appURL)
        developerHub = try host(definition.developerHubURL, region.developerHubURL)
        contentManagement = try host(definition.contentManagementURL, region.contentManagementURL)
    }
}
