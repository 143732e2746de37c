/// What kind of values a column of a prepared statement gives, in the words that typing decides by.
package enum SourceType: Hashable, Sendable {
    case boolean
    /// int2, int4, int8.
    case integer
    /// numeric: exact, any size.
    case decimal
    /// float8.
    case double
    /// float4: sent as its own shortest decimal.
    case float
    /// text, varchar, char, name, enums, string types of extensions such as citext; domains over them.
    case text
    case uuid
    case date
    /// timestamp with time zone.
    case timestamp
    /// timestamp without time zone: needs the model's `time_zone`.
    case localTimestamp
    /// An array of a text type.
    case textArray
    /// An array of any other type, its items in their text form; fits nothing without `cast: string_list`.
    case otherArray
    /// json and jsonb.
    case json
    case bytes
    /// Any other type; read in its text form, fits nothing without `cast: string` or `cast: sha256`.
    case other
    /// SQLite: every value says its own type.
    case dynamic
}

/// A column of a prepared statement.
package struct ColumnDescription: Hashable, Sendable {
    package var name: String
    package var type: SourceType
    /// The type as the database names it, for messages: `numeric`, `int8`, SQLite's declared type or "".
    package var typeName: String
    /// False only where the database knows (a NOT NULL column of a table); nil when it cannot say.
    package var isNullable: Bool?

    package init(name: String, type: SourceType, typeName: String, isNullable: Bool? = nil) {
        self.name = name
        self.type = type
        self.typeName = typeName
        self.isNullable = isNullable
    }
}
