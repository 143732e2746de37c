import TestKit

/// A members project with a cursor over `seen`, whose text is a time of 1 January 2026.
enum IncrementalProject {
    static func project(overlap: String = "0s", more: String = "") -> MembersProject {
        var project = MembersProject()
        project.sql = "SELECT id, uid, tier, points, seen FROM members\n"
        project.model = ["time_zone: UTC", "cursor: {column: seen, overlap: \(overlap)\(more)}"]
        return project
    }

    /// Users 1 to `count`, the n-th seen at second n.
    static func rows(_ count: Int) -> String {
        Workshop.plainRows(count) + "UPDATE members SET seen = \(time("id"));"
    }

    /// SQL of a time, so many seconds after midnight.
    static func time(_ seconds: String) -> String {
        "strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', '+' || (\(seconds)) || ' seconds')"
    }

    /// What `time` gives for less than a minute.
    static func text(_ second: Int) -> String { "2026-01-01 00:00:" + (second < 10 ? "0" : "") + "\(second)" }

    static func change(_ id: Int, points: Int, at second: Int) -> String {
        "UPDATE members SET points = \(points), seen = '\(text(second))' WHERE id = \(id);"
    }
}
