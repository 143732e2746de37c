/// How a mapping asks a value to be converted where the types alone would refuse it.
package enum Cast: String, Sendable, CaseIterable {
    case string, integer, number, boolean, date, timestamp
    case stringList = "string_list"
    case jsonText = "json_text"
    case sha256
}

/// What a number counts where a cast to a date or timestamp says so: `cast: {timestamp: epoch_millis}`.
package enum TimeUnit: String, Sendable, CaseIterable {
    case epochSeconds = "epoch_seconds"
    case epochMillis = "epoch_millis"
    case epochMicros = "epoch_micros"
    case julianDay = "julian_day"
}

/// A text with `{{column}}` places, rendered plain, each through its filters. Null if any column in it is null.
package struct Template: Sendable, Hashable {
    package enum Part: Sendable, Hashable {
        case text(String)
        case column(String, filters: [TemplateFilter] = [])
    }

    package var parts: [Part]
    package init(parts: [Part]) { self.parts = parts }

    /// The columns the template reads, in order of appearance.
    package var columns: [String] {
        parts.compactMap { if case .column(let name, _) = $0 { name } else { nil } }
    }
}

/// One attribute of the user, and where its value comes from.
package struct Mapping: Sendable, Hashable {
    package enum Origin: Sendable, Hashable {
        case column(String)
        case value(AttributeValue)
        case template(Template)

        /// The columns whose values reach the attribute, in order of appearance.
        package var columns: [String] {
            switch self {
            case .column(let name): [name]
            case .template(let template): template.columns
            case .value: []
            }
        }
    }

    /// What is sent for a null: nothing (the destination keeps what it has), JSON null, or a constant.
    package enum NullPolicy: Sendable, Hashable {
        case skip, null
        case constant(AttributeValue)
    }

    package var origin: Origin
    package var attribute: AttributeDefinition
    package var cast: Cast?
    /// Of a cast to a date or timestamp only; nil reads numbers as `docs/typing.md` says.
    package var castUnit: TimeUnit?
    package var onNull: NullPolicy
    /// Written when the user's row leaves the model; nil leaves the destination as it is.
    package var onRemoved: AttributeValue?
    package var position: Diagnostic.Position?
    /// Where each column of a template stands, in order of appearance; empty where that is not known.
    package var templatePositions: [Diagnostic.Position] = []

    package init(
        origin: Origin, attribute: AttributeDefinition, cast: Cast? = nil, castUnit: TimeUnit? = nil,
        onNull: NullPolicy = .skip, onRemoved: AttributeValue? = nil, position: Diagnostic.Position? = nil
    ) {
        self.origin = origin
        self.attribute = attribute
        self.cast = cast
        self.castUnit = castUnit
        self.onNull = onNull
        self.onRemoved = onRemoved
        self.position = position
    }
}

/// The column whose value is the user uid.
package struct MatchKey: Sendable, Hashable {
    package var column: String
    /// The uid is itself personal: masked where people read, sealed in the state, and the primary key with it.
    package var isPII: Bool
    package var position: Diagnostic.Position?

    package init(column: String, isPII: Bool = false, position: Diagnostic.Position? = nil) {
        self.column = column
        self.isPII = isPII
        self.position = position
    }
}

/// Limits that stop a run before the first request. Percentages apply once the snapshot holds 100 users.
package struct GuardLimits: Sendable, Hashable {
    package var maxChangedPercent: Double = 50
    package var maxRemovedPercent: Double = 20
    package var maxNullPercent: Double = 50
    package var minRows: Int = 1
    package init() {}
}

/// Attempts a user a run, and the runs of rejection after which a user is withheld.
package struct RetryPolicy: Sendable, Hashable {
    package var attempts = 5
    package var quarantineAfterRuns = 5
    package init() {}
}

package enum SendMode: String, Sendable, CaseIterable { case changed, all }

/// When a sync is due. Held as written; the scheduler reads it.
package struct ScheduleDefinition: Sendable, Hashable {
    package enum Trigger: Sendable, Hashable {
        case cron(String)
        case every(Duration)
    }

    package enum Overlap: String, Sendable, CaseIterable { case skip, queue }
    package enum CatchUp: String, Sendable, CaseIterable { case one, none }
    package var trigger: Trigger
    package var timeZone: String?
    package var overlap: Overlap
    package var catchUp: CatchUp

    package init(trigger: Trigger, timeZone: String? = nil, overlap: Overlap = .skip, catchUp: CatchUp = .one) {
        self.trigger = trigger
        self.timeZone = timeZone
        self.overlap = overlap
        self.catchUp = catchUp
    }
}

/// One sync of a model: which users, which attributes, to which destination.
package struct SyncDefinition: Sendable {
    package var name: String
    package var model: ModelDefinition
    package var destination: DestinationDefinition
    package var match: MatchKey
    package var mappings: [Mapping]
    package var send: SendMode
    package var schedule: ScheduleDefinition?
    package var guards: GuardLimits
    package var retry: RetryPolicy
    /// Nil: the model's tests are not run before a run.
    package var tests: TestPolicy?
    package var position: Diagnostic.Position?

    package init(
        name: String, model: ModelDefinition, destination: DestinationDefinition, match: MatchKey,
        mappings: [Mapping], send: SendMode = .changed, schedule: ScheduleDefinition? = nil,
        guards: GuardLimits = GuardLimits(), retry: RetryPolicy = RetryPolicy(), tests: TestPolicy? = nil,
        position: Diagnostic.Position? = nil
    ) {
        self.name = name
        self.model = model
        self.destination = destination
        self.match = match
        self.mappings = mappings
        self.send = send
        self.schedule = schedule
        self.guards = guards
        self.retry = retry
        self.tests = tests
        self.position = position
    }
}
