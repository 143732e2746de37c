import SyncCore

extension KeyTables {
    static let modelFile = MappingSpec(
        title: "a model file",
        keys: [
            KeySpec("model", .mapping(model), "The model whose statement is in the .sql file beside.", required: true),
            KeySpec("syncs", .list(.mapping(sync)), "Where the model's rows are sent."),
        ])

    static let model = MappingSpec(
        title: "a model",
        keys: [
            KeySpec("source", .text, "Source that the statement runs on.", required: true),
            KeySpec("primary_key", .texts, "Column, or columns, that identify a row.", required: true),
            KeySpec("description", .text, "For people."),
            KeySpec("include", .texts, "Models of the same source that the statement reads by their names."),
            KeySpec("tests", .list(.oneOf(test)), "Claims about the rows, for `headrace test`."),
            KeySpec("pii", .texts, "Columns masked in preview beyond those that feed a pii attribute."),
            KeySpec("time_zone", .timeZone, "Zone of timestamps that have none, such as Europe/Berlin."),
            KeySpec("cursor", .mapping(cursor), "Reads only rows that changed since the last complete run."),
        ])

    static let cursor = MappingSpec(
        title: "cursor",
        keys: [
            KeySpec("column", .text, "Column that grows with every change of a row.", required: true),
            KeySpec(
                "overlap", .durationOrCount,
                "How far before the mark a run reads again; default 10m (2h without a time zone, 1d for dates), 1000 for integers."
            ),
            KeySpec(
                "full_every", .duration, "How often every row is read all the same; default 1d, null: never.",
                nullable: true),
        ])

    static let sync = MappingSpec(
        title: "a sync",
        keys: [
            KeySpec("name", .text, "Name, unique in the project.", required: true),
            KeySpec("destination", .text, "Destination that users are sent to.", required: true),
            KeySpec("mode", .choice(["update"]), "update: set attributes of the model's users; the default."),
            KeySpec("match", .mapping(match), "How a row finds its user.", required: true),
            KeySpec("mappings", .list(.mapping(mapping)), "Attributes, and where values come from.", required: true),
            KeySpec(
                "send", .choice(SendMode.allCases.map(\.rawValue)),
                "changed: only attributes that differ; all: all mapped. Default changed."),
            KeySpec("schedule", .mapping(schedule), "When the sync is due; not acted on by this version."),
            KeySpec("guards", .mapping(guards), "Limits that stop a run before the first request."),
            KeySpec("retry", .mapping(retry), "How often a user is tried."),
            KeySpec(
                "tests", .choice(TestPolicy.allCases.map(\.rawValue)),
                "Run the model's tests before each run; block: a failing one stops it. Not run if left out."),
        ])

    static let match = MappingSpec(
        title: "match",
        keys: [
            KeySpec("column", .text, "Column that holds the user uid.", required: true),
            KeySpec("field", .choice(["user_uid"]), "What it is matched with; default user_uid."),
            KeySpec("pii", .boolean, "The uid is itself personal; default false."),
        ])

    static let mapping = MappingSpec(
        title: "a mapping",
        keys: [
            KeySpec("column", .text, "Column that holds the value."),
            KeySpec("value", .constant, "A value that is the same for every row."),
            KeySpec(
                "template", .text, "A text with {{column}} places, each with filters: {{ column | trim | upper }}."),
            KeySpec("attribute", .text, "Attribute of models/attributes.yml.", required: true),
            KeySpec(
                "cast", .choiceOrOneOf(Cast.allCases.map(\.rawValue), timeCast),
                "Conversion where the types alone do not fit."),
            KeySpec("on_null", .constant, "skip (default), null or a constant.", nullable: true),
            KeySpec("on_removed", .constant, "A constant written when the user's row leaves the model."),
        ])

    static let timeCast = MappingSpec(
        title: "a cast with a unit",
        keys: [Cast.date, .timestamp].map { cast in
            KeySpec(
                cast.rawValue, .choice(TimeUnit.allCases.map(\.rawValue)),
                "What numbers count, from 1970-01-01T00:00:00Z, or as Julian days.")
        })

    static let schedule = MappingSpec(
        title: "schedule",
        keys: [
            KeySpec("cron", .text, "Five fields, or @hourly, @daily, @weekly, @monthly, @yearly."),
            KeySpec("every", .duration, "Interval, instead of cron."),
            KeySpec("time_zone", .timeZone, "Zone of the cron fields; default UTC."),
            KeySpec(
                "overlap", .choice(ScheduleDefinition.Overlap.allCases.map(\.rawValue)),
                "What happens while a run is still going: skip (default) or queue."),
            KeySpec(
                "catch_up", .choice(ScheduleDefinition.CatchUp.allCases.map(\.rawValue)),
                "After missed times: one run (default) or none."),
        ])

    static let guards = MappingSpec(
        title: "guards",
        keys: [
            KeySpec("max_changed_percent", .number(minimum: 0), "Default 50; null: no limit.", nullable: true),
            KeySpec("max_removed_percent", .number(minimum: 0), "Default 20; null: no limit.", nullable: true),
            KeySpec("max_null_percent", .number(minimum: 0), "Default 50; null: no limit.", nullable: true),
            KeySpec("min_rows", .integer(minimum: 0), "Default 1; null: no limit.", nullable: true),
        ])

    static let retry = MappingSpec(
        title: "retry",
        keys: [
            KeySpec("attempts", .integer(minimum: 1), "Attempts a user a run; default 5."),
            KeySpec(
                "quarantine_after_runs", .integer(minimum: 1),
                "Runs of rejection after which a user is withheld; default 5."),
        ])

    static let attributesFile = MappingSpec(
        title: "models/attributes.yml",
        keys: [
            KeySpec("attributes", .named(.mapping(attribute)), "The attribute definitions, by key.", required: true)
        ])

    static let attribute = MappingSpec(
        title: "an attribute",
        keys: [
            KeySpec(
                "type", .choice(AttributeType.allCases.map(\.rawValue)), "Type that values are checked against.",
                required: true),
            KeySpec("allowed", .constants, "Values it may take; any if left out."),
            KeySpec("min", .number(minimum: -.infinity), "Of an integer or number: the least value it may take."),
            KeySpec("max", .number(minimum: -.infinity), "Of an integer or number: the largest value it may take."),
            KeySpec("max_length", .integer(minimum: 1), "Of a string: the most Unicode code points it may have."),
            KeySpec("description", .text, "For people."),
            KeySpec("pii", .boolean, "Masked wherever a person or a log could read it; default false."),
            KeySpec(
                "encoding", .choice(TimestampEncoding.allCases.map(\.rawValue)),
                "How a timestamp is sent; default iso8601."),
            KeySpec(
                "precision", .choice(TimestampPrecision.allCases.map(\.rawValue)),
                "What happens to digits the encoding has no room for: exact (invalid, default) or truncate."),
        ])
}
