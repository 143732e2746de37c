import Foundation
import Logging
import SyncCore

/// Log lines on standard error: `LEVEL message key=value`, or an object a line.
struct StandardErrorLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let format: LogFormat

    init(level: Logger.Level, format: LogFormat) {
        logLevel = level
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(metadataProvider?.get() ?? [:]) { _, new in new }
            .merging(event.metadata ?? [:]) { _, new in new }
        let fields = all.sorted { $0.key < $1.key }.map { (key: $0.key, value: "\($0.value)") }
        let line = LogLine(
            time: WallTime.current(), level: event.level.rawValue, message: "\(event.message)", fields: fields)
        StandardStream.error.print(format == .json ? line.json : line.text)
    }
}

/// One log line, before it has a form.
struct LogLine {
    var time: WallTime
    var level: String
    var message: String
    var fields: [(key: String, value: String)]

    /// Values with blanks, quotes or `=` are quoted.
    var text: String {
        let pairs = fields.map { field in
            let value = TerminalText.escaped(field.value)
            let isPlain = !value.isEmpty && !value.contains { $0 == " " || $0 == "\"" || $0 == "=" }
            return " \(field.key)=" + (isPlain ? value : "\"\(value.replacing("\"", with: "\\\""))\"")
        }
        return level.uppercased() + " " + TerminalText.escaped(message) + pairs.joined()
    }

    var json: String {
        let known = JSONText.members([
            "time": .string(time.iso8601Milliseconds), "level": .string(level), "message": .string(message),
        ])
        guard case .object(let members) = known else { return known.line }
        return JSONText.object(members + fields.map { JSONText.Member(key: $0.key, value: .string($0.value)) }).line
    }
}

extension WallTime {
    static func current() -> WallTime {
        WallTime(microseconds: Int64((Date().timeIntervalSince1970 * 1e6).rounded()))
    }
}
