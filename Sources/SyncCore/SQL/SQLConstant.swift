/// A constant of a project's file or of the command line, on its way into a statement.
package struct SQLConstant: Sendable, Hashable {
    /// What SQLite gets, which compares by type.
    package var value: AttributeValue
    /// What PostgreSQL gets, which gives it the type of the place where it stands: as written, so that no digit and no
    /// zero of it is lost on the way through a number.
    package var text: String

    package init(_ value: AttributeValue, writtenAs text: String) { (self.value, self.text) = (value, text) }

    /// One that is written nowhere.
    package init(_ value: AttributeValue) { self.init(value, writtenAs: Self.text(of: value)) }

    package static func integer(_ whole: Int64) -> SQLConstant { SQLConstant(.integer(whole)) }
    package static func string(_ text: String) -> SQLConstant { SQLConstant(.string(text)) }
    package static func boolean(_ flag: Bool) -> SQLConstant { SQLConstant(.boolean(flag)) }

    /// Written in the way of which every equal value is.
    package var isWrittenPlainly: Bool { text == Self.text(of: value) }

    private static func text(of value: AttributeValue) -> String {
        if case .string(let text) = value { text } else { value.json }
    }
}
