/// What Contentstack does not document: the simulator does either.
extension SimulatorOptions {
    /// What a PATCH does with a key that is no attribute of the project.
    package enum UnknownKeys: String, Sendable, CaseIterable { case store, ignore, reject }

    /// What a PATCH does with an object as a value. That it is not supported is documented, its answer is not.
    package enum NestedObjects: String, Sendable, CaseIterable { case reject, store }

    /// What a PATCH does with an array as a value.
    package enum Arrays: String, Sendable, CaseIterable { case store, reject }

    /// What a PATCH does with null: it takes the attribute away, keeps a null that is no value, or refuses it.
    package enum Nulls: String, Sendable, CaseIterable { case unset, store, reject }

    /// How long an answer of the edge takes; `contentstack` is drawn from the seed of the fault rules.
    package enum Latency: String, Sendable, CaseIterable { case none, contentstack }
}
