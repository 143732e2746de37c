import OutboundHTTP
package import SyncCore

/// Contentstack Personalize's Edge API: one `PATCH /user-attributes` a user, without credentials.
package struct PersonalizeEdgeDestination: Destination {
    package let identity: DestinationIdentity
    private let factory: ConnectionFactory
    private let client: HTTPWriteClient
    private let headers: [(name: String, value: String)]

    /// The user that `probe` asks for: never one of a model, and nothing is written to it.
    private static let probeUserUID = "headrace-probe"

    /// `version` is Headrace's own, for the `user-agent`. Throws where the definition cannot work: an unknown region, a
    /// malformed `edge_url`, one of an IP address over https and a proxy, a project uid that cannot travel in a header, an
    /// unreadable `ca_file`. `notice` gets what a person may want to know while it delivers, each sentence once.
    package init(
        _ definition: DestinationDefinition, version: String,
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(Diagnostic) {
        let region = try Region(of: definition)
        guard !definition.projectUID.isEmpty else {
            throw .error(
                "missing_project_uid", "destination \(definition.name) has an empty project_uid",
                at: definition.position)
        }
        let endpoint = try HTTPEndpoint(definition.edgeURL ?? region.edgeURL, at: definition.position)
        identity = DestinationIdentity(
            projectUID: definition.projectUID, edgeHost: endpoint.authority, isLoopback: endpoint.isLoopback)
        headers = [
            (name: "x-project-uid", value: definition.projectUID), (name: "content-type", value: "application/json"),
            (name: "user-agent", value: "headrace/\(version)"),
        ]
        var options = ConnectionOptions()
        options.timeout = definition.timeout
        options.caFile = definition.caFile
        options.caFilePosition = definition.caFilePosition
        options.proxy = definition.proxy
        options.position = definition.position
        options.offersHTTP2 = definition.http == .two
        factory = try ConnectionFactory(endpoint: endpoint, options: options)
        let shape = try RequestShape(
            method: "PATCH", path: "\(endpoint.basePath)/user-attributes", host: endpoint.authority, headers: headers,
            perWriteHeader: AnswerRules.userUIDHeader)
        let host = endpoint.authority
        client = HTTPWriteClient(factory: factory, shape: shape, classify: AnswerRules.classify) {
            notice("\(host) does not offer HTTP/2: going on with HTTP/1.1")
        }
    }

    package func deliver(from feed: any WriteFeed, maximumInFlight: Int) async throws(DestinationFailure) {
        await client.deliver(from: feed, maximumInFlight: maximumInFlight)
    }

    package func probe() async throws(DestinationFailure) -> String {
        let call = HTTPCall(
            path: "/manifest", headers: headers + [(name: AnswerRules.userUIDHeader, value: Self.probeUserUID)])
        let status: Int
        var choice = ""
        do {
            status = try await HTTPExchange(factory).send(call).answer.status
            if factory.offersHTTP2 {
                choice =
                    try await ProtocolTrial(factory).choosesHTTP2()
                    ? ", and speaks HTTP/2" : ", but does not offer HTTP/2: HTTP/1.1 is used"
            }
        } catch {
            throw DestinationFailure(
                .error(
                    "destination_unreachable", "\(identity.edgeHost) gave no complete answer: \(error.reason)",
                    hint: AttemptResult.isOfProxy(error.reason)
                        ? "check proxy, and that the proxy reaches the edge host"
                        : "check edge_url, region and the network"))
        }
        if status == 200 { return "\(identity.edgeHost) knows project \(identity.projectUID)\(choice)" }
        throw DestinationFailure(explain(status))
    }

    private func explain(_ status: Int) -> Diagnostic {
        let host = identity.edgeHost
        return switch status {
        case 400, 404:
            .error(
                "unknown_project", "\(host) does not know project \(identity.projectUID) (\(status))",
                hint: "check project_uid and region: a project lives in one region")
        case 401, 403:
            .error("destination_forbidden", "\(host) refused the request (\(status)): something in front blocks it")
        case 300..<400:
            .error(
                "destination_redirects", "\(host) answered with a redirect (\(status)), which is never followed",
                hint: "write the final URL in edge_url")
        default: .error("destination_trouble", "\(host) answered \(status) to a harmless request")
        }
    }
}
