import SyncCore

/// The three date forms of RFC 9110 section 5.6.7: the one that every sender must use, and the two obsolete ones that
/// every recipient must read.
/// - `Sun, 06 Nov 1994 08:49:37 GMT`
/// - `Sunday, 06-Nov-94 08:49:37 GMT` (RFC 850): the years 70 to 99 are of the last century, 00 to 69 of this one
/// - `Sun Nov  6 08:49:37 1994` (asctime)
package enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// Seconds since 1970; nil for anything else. Whether the day's name is that of the date is not looked at.
    package static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let first = words.first else { return nil }
        if words.count == 6, words[5] == "GMT", first.last == ",", days.contains(String(first.dropLast())) {
            return seconds(
                day: number(words[1], digits: 2), month: words[2], year: number(words[3], digits: 4), clock: words[4])
        }
        if words.count == 4, words[3] == "GMT", first.last == ",", longDays.contains(String(first.dropLast())) {
            let date = words[1].split(separator: "-", omittingEmptySubsequences: false)
            guard date.count == 3, let year = number(date[2], digits: 2) else { return nil }
            return seconds(
                day: number(date[0], digits: 2), month: date[1], year: year + (year < 70 ? 2000 : 1900),
                clock: words[2])
        }
        guard days.contains(String(first)) else { return nil }
        // The day of the month is padded with a blank.
        let isPadded = words.count == 6 && words[2].isEmpty
        let rest = words.dropFirst(isPadded ? 3 : 2)
        guard rest.count == 3, let day = rest.first, let clock = rest.dropFirst().first, let year = rest.last else {
            return nil
        }
        return seconds(
            day: number(day, digits: isPadded ? 1 : 2), month: words[1], year: number(year, digits: 4), clock: clock)
    }

    private static func seconds(day: Int64?, month: Substring, year: Int64?, clock: Substring) -> Int64? {
        let clock = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard let day, let year, let month = months.firstIndex(of: String(month)), clock.count == 3,
            let hour = number(clock[0], digits: 2), let minute = number(clock[1], digits: 2),
            let second = number(clock[2], digits: 2), hour < 24, minute < 60, second <= 60
        else { return nil }
        let date = CivilDate(year: year, month: Int64(month) + 1, day: day)
        guard date.isValid else { return nil }
        return date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: Substring, digits: Int) -> Int64? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}
