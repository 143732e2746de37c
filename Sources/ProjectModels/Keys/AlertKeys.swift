extension KeyTables {
    static let alerts = MappingSpec(
        title: "alerts",
        keys: [
            KeySpec("channels", .named(.variants(channel)), "Where notices go, by name."),
            KeySpec("rules", .list(.variants(rule)), "Which condition tells which channels."),
        ])

    static let channel = VariantSpec(
        "a channel", by: "type", "Kind of channel.",
        common: [
            KeySpec("allow_private", .boolean, "Accept a target on a private address; default false.")
        ],
        variants: [
            ("slack", [webhookURL("Slack's incoming webhook."), override]),
            ("pagerduty", [KeySpec("routing_key", .secret, "Events API v2 routing key.", required: true), override]),
            (
                "twilio_sms",
                [
                    KeySpec("account_sid", .secret, "Twilio account.", required: true),
                    KeySpec("api_key", .secret, "Twilio API key.", required: true),
                    KeySpec("api_secret", .secret, "Secret of the API key.", required: true),
                    KeySpec("from", .secret, "Number that sends.", required: true),
                    KeySpec("to", .secretTexts, "Numbers that receive.", required: true), override,
                ]
            ),
            (
                "email",
                [
                    KeySpec("smtp", .secret, "smtps://user:password@host:port.", required: true),
                    KeySpec("from", .secret, "Address that sends.", required: true),
                    KeySpec("to", .secretTexts, "Addresses that receive.", required: true), override,
                ]
            ),
            (
                "webhook",
                [
                    KeySpec("url", .secret, "Address that is posted to.", required: true),
                    KeySpec("secret", .secret, "Signing secret of Standard Webhooks."),
                ]
            ),
            ("teams", [webhookURL("Microsoft Teams' workflow webhook."), override]),
            ("ping", [KeySpec("url", .secret, "Address of the heartbeat monitor.", required: true)]),
        ])

    static let rule = VariantSpec(
        "a rule", by: "when", "The condition.",
        common: [
            KeySpec(
                "severity", .choice(["info", "warning", "error", "critical"]), "How bad it is; default warning."),
            KeySpec("channels", .texts, "Channels that are told.", required: true),
        ],
        variants: [
            ("run_failed", []),
            ("rows_rejected", [threshold]),
            ("rows_invalid", [threshold]),
            ("run_blocked", []),
            ("run_slow", [KeySpec("longer_than", .duration, "A run that takes longer is slow.", required: true)]),
            (
                "rows_deviate",
                [KeySpec("by", .percent, "Deviation from the last ten runs, such as 30%.", required: true)]
            ),
            (
                "sync_stale",
                [KeySpec("no_success_for", .duration, "Time without a successful run.", required: true)]
            ),
            ("destination_unreachable", []),
            ("recovered", []),
        ])

    private static let override = KeySpec("url", .secret, "Overrides the vendor's address.")
    private static let threshold = KeySpec(
        "threshold", .percentOrCount, "Share of the rows, such as 5%, or a count; one row if left out.")

    private static func webhookURL(_ description: String) -> KeySpec {
        KeySpec("webhook_url", .secret, description, required: true)
    }
}
