/// The members of one object of a fault file, with typed access and errors that name the place.
struct FaultFields {
    private let values: [String: RawJSON]
    private let place: String

    /// Throws when the value is no object, or holds a key that is not known or twice.
    init(_ json: RawJSON, at place: String, known: [String]) throws(FaultFileError) {
        var values: [String: RawJSON] = [:]
        guard let members = try? json.members() else {
            throw FaultFileError(place: place, problem: "an object is wanted")
        }
        for (key, value) in members {
            guard known.contains(key) else {
                throw FaultFileError(
                    place: place, problem: "key '\(key)' is unknown; known: \(known.joined(separator: ", "))")
            }
            guard values.updateValue(value, forKey: key) == nil else {
                throw FaultFileError(place: place, problem: "key '\(key)' stands twice")
            }
        }
        self.values = values
        self.place = place
    }

    /// The value as it stands; an explicit null counts as absent.
    func value(_ key: String) -> RawJSON? {
        values[key].flatMap { $0.kind == .null ? nil : $0 }
    }

    func text(_ key: String) throws(FaultFileError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = try? value.text() else { throw wanted("a string", for: key) }
        return text
    }

    /// The text of a string, or the JSON text of anything else.
    func textOrJSON(_ key: String) throws(FaultFileError) -> String? {
        guard let value = value(key) else { return nil }
        return value.kind == .string ? try text(key) : value.literal
    }

    func text(_ key: String, orNumber value: RawJSON) throws(FaultFileError) -> String {
        switch value.kind {
        case .number: value.literal
        case .string: try text(key) ?? ""
        default: throw wanted("a number of seconds or an HTTP date", for: key)
        }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(FaultFileError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let integer = value.integer, range.contains(integer) else {
            let upper = range.upperBound == .max ? "or more" : "to \(range.upperBound)"
            throw wanted("an integer of \(range.lowerBound) \(upper)", for: key)
        }
        return integer
    }

    func share(_ key: String) throws(FaultFileError) -> Double? {
        guard let value = value(key) else { return nil }
        guard let share = value.number, (0...1).contains(share) else { throw wanted("a number of 0 to 1", for: key) }
        return share
    }

    func boolean(_ key: String) throws(FaultFileError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let boolean = value.boolean else { throw wanted("true or false", for: key) }
        return boolean
    }

    func array(_ key: String) throws(FaultFileError) -> [RawJSON] {
        guard let value = value(key) else { return [] }
        guard let elements = try? value.elements() else { throw wanted("an array", for: key) }
        return elements
    }

    func texts(_ key: String) throws(FaultFileError) -> [String: String] {
        guard let value = value(key) else { return [:] }
        guard let members = try? value.members() else { throw wanted("an object of strings", for: key) }
        var texts: [String: String] = [:]
        for (name, value) in members {
            guard let text = try? value.text() else { throw wanted("an object of strings", for: key) }
            texts[name] = text
        }
        return texts
    }

    private func wanted(_ what: String, for key: String) -> FaultFileError {
        FaultFileError(place: place, problem: "\(key) wants \(what)")
    }
}
