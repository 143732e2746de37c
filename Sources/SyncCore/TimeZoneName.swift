import Foundation

/// Tells the names of IANA time zones from what else Foundation takes for one: `BST` there is Dhaka's summer time, and
/// `GMT+2` an offset that no clock change ever moves.
package enum TimeZoneName {
    /// True for `Area/City` of the time zone database, and for `UTC` and `GMT` themselves.
    package static func isKnown(_ name: String) -> Bool {
        if name == "UTC" || name == "GMT" { return true }
        guard let slash = name.firstIndex(of: "/") else { return false }
        let area = name[..<slash]
        let isOffset = ["GMT", "UTC", "SystemV"].contains { area.hasPrefix($0) }
        return !isOffset && TimeZone(identifier: name) != nil
    }

    /// What a name that is not known was most likely meant to be; nil when that is not certain.
    package static func nearest(to name: String) -> String? {
        NearestName.find(name, among: TimeZone.knownTimeZoneIdentifiers.filter(isKnown))
    }
}
