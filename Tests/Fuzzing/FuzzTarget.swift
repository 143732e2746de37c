/// The four decoders that read what others wrote. Each has a property that holds for any bytes.
enum FuzzTarget: String, CaseIterable {
    case numeric, times, lists, yaml

    /// What is broken, or nil.
    func violation(_ bytes: [UInt8]) -> String? {
        do throws(Violation) {
            switch self {
            case .numeric: try NumericProperty.check(bytes)
            case .times: try TimeProperty.check(bytes)
            case .lists: try ListProperty.check(bytes)
            case .yaml: try YAMLProperty.check(bytes)
            }
            return nil
        } catch { return error.text }
    }
}

struct Violation: Error {
    var text: String
    init(_ text: String) { self.text = text }
}

/// Throws with the text unless the claim holds.
func hold(_ claim: Bool, _ text: @autoclosure () -> String) throws(Violation) {
    if !claim { throw Violation(text()) }
}
