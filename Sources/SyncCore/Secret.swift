/// A value that cannot be printed: passwords, tokens, connection URLs. `reveal()` is the one way to read it,
/// so that every use can be found.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    package init(_ value: String) { self.value = value }

    /// The value itself: hand it to the library that needs it, never to a message.
    package func reveal() -> String { value }

    package var description: String { "‹secret›" }
    package var debugDescription: String { "‹secret›" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
