/// Why a value does not fit. Trivial, so that throwing it costs nothing; the words are made for people afterwards.
enum TypingProblem: UInt8, Error {
    case otherType, otherText, neitherZeroNorOne
    case beyondExactInteger, notWhole, notFinite, notExactNumber
    case invalidUTF8, nulCharacter
    case infiniteTime, yearOutOfRange, finerThanEncoding, finerThanMicrosecond
    case beyondSeconds, realWithoutUnit, secondsOrJulianDay
    case noTimeZone, skippedLocalTime, repeatedLocalTime
    case noDateToFormat, noTimeToFormat
    case nestedList, listItemNull, listItemEmpty, listItemWithPipe, notListOfStrings
    case notJSON, repeatedJSONKey, deepJSON, loneSurrogate
    case notAllowed, belowMinimum, aboveMaximum, tooLong
    case keyNull, keyEmpty, uidNotVisible
    case repeatedKey, repeatedUID

    /// The reason where the cell's own type adds nothing to it.
    var reason: String {
        switch self {
        case .otherType: "a value of another type"
        case .otherText: "text that does not read as the type asked for"
        case .neitherZeroNorOne: "a number that is neither 0 nor 1"
        case .beyondExactInteger: "an integer beyond ±2^53, which JSON readers would round"
        case .notWhole: "a number that is not whole"
        case .notFinite: "not a finite number"
        case .notExactNumber: "a decimal with more digits than a 64-bit number keeps"
        case .invalidUTF8: "text that is not valid UTF-8"
        case .nulCharacter: "text with a NUL character"
        case .infiniteTime: "an infinite date or time"
        case .yearOutOfRange: "a year outside 0001–9999"
        case .finerThanEncoding: "a time finer than the attribute's encoding"
        case .finerThanMicrosecond: "a time finer than a microsecond"
        case .beyondSeconds:
            "a number that is no Unix seconds of the years 0001–9999; if it counts something else, say what in the cast, "
                + "such as epoch_millis"
        case .realWithoutUnit:
            "a real that is no Julian day of the years 0001–9999; if it is Unix time, say its unit in the cast, such as "
                + "epoch_seconds"
        case .secondsOrJulianDay:
            "an integer that may be Unix seconds of early 1970 or a Julian day; say which in the cast: epoch_seconds or "
                + "julian_day"
        case .noTimeZone: "a time without a zone, and the model has no time_zone"
        case .skippedLocalTime: "a local time that the clocks skip in the model's time_zone"
        case .repeatedLocalTime: "a local time that occurs twice in the model's time_zone"
        case .noDateToFormat: "a value that is no date or timestamp, in the template's filter date"
        case .noTimeToFormat: "a date without a time of day, of which the template's filter date writes a part"
        case .nestedList: "a list of more than one dimension"
        case .listItemNull: "a list with a null item"
        case .listItemEmpty: "a list with an empty item"
        case .listItemWithPipe: "a list item that holds |"
        case .notListOfStrings: "not a JSON array of strings"
        case .notJSON: "text that is not JSON"
        case .repeatedJSONKey: "a JSON object with a repeated key"
        case .deepJSON: "JSON with more than \(JSONText.deepest) levels"
        case .loneSurrogate: "JSON with half of a surrogate pair, which UTF-8 text cannot hold"
        case .notAllowed: "a value outside the attribute's allowed values"
        case .belowMinimum: "a value below the attribute's min"
        case .aboveMaximum: "a value above the attribute's max"
        case .tooLong: "a text longer than the attribute's max_length"
        case .keyNull: "a null key"
        case .keyEmpty: "an empty key"
        case .uidNotVisible: "a user uid must be 1–256 visible ASCII characters"
        case .repeatedKey: "another row has the same primary key"
        case .repeatedUID: "another row has the same user uid"
        }
    }
}
