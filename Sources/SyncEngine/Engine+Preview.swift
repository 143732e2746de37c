import ChangePlanning
package import SyncCore

/// Typed rows of a model as text, for a table.
package struct ModelPreview: Sendable {
    package var columns: [String]
    package var rows: [[String]]
}
