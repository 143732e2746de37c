extension KeyTables {
    static let test = MappingSpec(
        title: "a test",
        keys: [
            KeySpec("unique", .texts, "No two rows have the same values in these columns; nulls do not count."),
            KeySpec("not_null", .texts, "None of these columns holds a null."),
            KeySpec(
                "accepted_values", .mapping(acceptedValues), "The column holds nothing but these values, or null."),
            KeySpec(
                "relationships", .mapping(relationships),
                "Every value of the column but null is in a column of another model or table."),
            KeySpec("row_count", .mapping(rowCount), "The model has a number of rows in this range."),
            KeySpec("freshness", .mapping(freshness), "The column's newest time is at most so old."),
            KeySpec("expression", .text, "A Boolean expression of SQL over a row that is false for none."),
        ])

    private static let acceptedValues = MappingSpec(
        title: "accepted_values",
        keys: [
            KeySpec("column", .text, "The column.", required: true),
            KeySpec("values", .constants, "Values it may hold.", required: true),
        ])

    private static let relationships = MappingSpec(
        title: "relationships",
        keys: [
            KeySpec("column", .text, "The column.", required: true),
            KeySpec("to", .text, "A model of the same source, or else a table of it.", required: true),
            KeySpec("field", .text, "The other column.", required: true),
        ])

    private static let rowCount = MappingSpec(
        title: "row_count",
        keys: [
            KeySpec("min", .integer(minimum: 0), "Fewest rows."),
            KeySpec("max", .integer(minimum: 0), "Most rows."),
        ])

    private static let freshness = MappingSpec(
        title: "freshness",
        keys: [
            KeySpec("column", .text, "A timestamp or date.", required: true),
            KeySpec("max_age", .duration, "Age of the newest value at most, such as 2h.", required: true),
        ])
}
