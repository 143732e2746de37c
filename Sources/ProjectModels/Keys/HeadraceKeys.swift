import SyncCore

/// The keys of every file of a project.
enum KeyTables {
    static let headrace = MappingSpec(
        title: "headrace.yml",
        keys: [
            KeySpec("version", .integer(minimum: 1), "Version of the file format: 1.", required: true),
            KeySpec("name", .text, "Name of the project; the folder's name if left out."),
            KeySpec("sources", .named(.variants(source)), "Databases that models run on, by name."),
            KeySpec("destinations", .named(.variants(destination)), "Where users are sent, by name."),
            KeySpec("vars", .named(.text), "Values that models read as :name; --var NAME=VALUE replaces one."),
            KeySpec("state", .mapping(state), "Where runs, plans and snapshots are remembered."),
            KeySpec("alerts", .mapping(alerts), "Who is told when something goes wrong; this version sends no alert."),
        ])

    static let source = VariantSpec(
        "a source", by: "type", "Kind of database.",
        common: [
            KeySpec("statement_timeout", .duration, "Longest a model's statement may run; no limit if left out."),
            KeySpec(
                "lock_timeout", .duration,
                "Longest wait for what others lock; default 30s on PostgreSQL, 5s for a SQLite file."),
        ],
        variants: [
            (
                "sqlite",
                [KeySpec("path", .text, "The database file, relative to the project's folder.", required: true)]
            ),
            (
                "postgres",
                [
                    KeySpec(
                        "url", .secret, "Any libpq URI or DSN; PG* variables, pgpass and service files fill the rest."),
                    KeySpec(
                        "allow_superuser", .boolean,
                        "Accept a superuser, whom a read-only transaction does not hold; default false."),
                ]
            ),
        ])

    static let destination = VariantSpec(
        "a destination", by: "type", "Kind of destination.",
        variants: [
            (
                "contentstack_personalize",
                [
                    KeySpec("region", .region, "Contentstack region or one of the CLI's aliases; default na."),
                    KeySpec("project_uid", .text, "Uid of the Personalize project.", required: true),
                    KeySpec("auth", .mapping(authentication), "How the management API is asked; default oauth."),
                    KeySpec(
                        "create_missing", .boolean,
                        "A run creates mapped attributes that the project lacks, which needs a login; default false."),
                    KeySpec("edge_url", .httpURL, "Overrides the region's edge host, for the simulator or a proxy."),
                    KeySpec("management_url", .httpURL, "Overrides the region's management host."),
                    KeySpec("app_url", .httpURL, "Overrides the region's host of pages, where people log in."),
                    KeySpec("developer_hub_url", .httpURL, "Overrides the region's host of OAuth apps."),
                    KeySpec("content_management_url", .httpURL, "Overrides the region's host of sessions."),
                    KeySpec(
                        "max_in_flight", .integer(minimum: 1), "Ceiling of the adaptive concurrency; default 256."),
                    KeySpec(
                        "max_requests_per_second", .number(minimum: 0),
                        "Cap shared by all workers; none by default.", nullable: true),
                    KeySpec("timeout", .duration, "For a whole request, connection included; default 10s."),
                    KeySpec("ca_file", .text, "PEM file of certificate authorities to trust instead of the system's."),
                    KeySpec(
                        "proxy", .httpURL,
                        "HTTP proxy that connections go through: http://[user:password@]host:port; none by default."),
                    KeySpec(
                        "http", .integer(minimum: 1),
                        "1, or 2 for HTTP/2 where a TLS server offers it; default 1."),
                ]
            )
        ])

    static let authentication = MappingSpec(
        title: "auth",
        keys: [
            KeySpec(
                "method", .choice(DestinationDefinition.Authentication.allCases.map(\.rawValue)),
                "oauth, authtoken or none; only the management API needs it.", required: true),
            KeySpec("app_uid", .text, "Uid of the OAuth app in Contentstack's Developer Hub."),
            KeySpec("client_id", .text, "The OAuth app's client id."),
            KeySpec("client_secret", .secret, "The OAuth app's client secret, where it has one."),
            KeySpec(
                "redirect_uri", .httpURL,
                "Where the browser comes back to, on this machine; default http://localhost:8184."),
        ])

    static let state = MappingSpec(
        title: "state",
        keys: [
            KeySpec(
                "url", .secret, "sqlite:PATH; default sqlite:.headrace/state.db. This version refuses postgresql://…."),
            KeySpec("retain_values", .boolean, "False keeps keyed fingerprints only, of all attributes; default true."),
            KeySpec(
                "memory_limit", .byteCount,
                "Bound of the diff's memory; above it the diff uses temporary files. Default 512MB."),
            KeySpec("plan_ttl", .duration, "How long a plan may be applied after it was made; default 24h."),
            KeySpec("retention", .duration, "Age from which `state prune` deletes the details of runs; default 30d."),
            KeySpec("key", .secret, "Install key, instead of .headrace/key; required with a PostgreSQL state."),
        ])

    /// The names of Contentstack's preset attributes: computed from the request, never written.
    static let presetAttributes: Set<String> = [
        "DEVICE_TYPE", "OPERATING_SYSTEM", "QUERY_PARAMETERS", "REFERRER", "COUNTRY", "REGION", "CITY", "DATE_AND_TIME",
    ]
}
