import Foundation

/// Folders of the person who runs Headrace, by the XDG base directory specification, which has a relative path ignored.
enum UserFolder {
    /// Nil where nothing names it.
    static func state(in environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        folder("XDG_STATE_HOME", ".local/state", environment)
    }

    static func configuration(in environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        folder("XDG_CONFIG_HOME", ".config", environment)
    }

    private static func folder(_ variable: String, _ standard: String, _ environment: [String: String]) -> String? {
        func absolute(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        let base = absolute(variable) ?? absolute("HOME").map { "\($0)/\(standard)" }
        return base.map { "\($0)/headrace" }
    }
}
