import SyncCore

extension Reference {
    /// A request that nobody waits for any more and that may still be applied: until the run that confirms the user has
    /// ended and the user's next request comes in.
    struct Stray: Sendable, CustomStringConvertible {
        var uid: String
        var sync: String
        var process: Int32
        var body: [String: String]
        /// The process that confirmed other values since.
        var overtaken: Int32?

        var description: String {
            let members = body.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let fate = overtaken.map { ", overtaken by \($0)" } ?? ""
            return "\(process)'s \(uid) \(members.joined(separator: " "))\(fate)"
        }
    }

    mutating func applyStray(_ place: Int) {
        let stray = strays.remove(at: place)
        hold(stray.body, of: stray.uid)
        if stray.overtaken != nil { users[stray.sync]?[stray.uid]?.isUndone = true }
    }

    /// The run after the one that they may have undone.
    mutating func resolveStrays(of uid: String, before sender: Sender, apply: Bool) {
        while let place = strays.firstIndex(where: { stray in
            stray.uid == uid && stray.sync == sender.sync.name
                && stray.overtaken.map { $0 != sender.process } ?? false
        }) {
            if apply { applyStray(place) } else { strays.remove(at: place) }
        }
    }

    /// Those that carry nothing but what was confirmed undo nothing.
    mutating func compareStrays(of uid: String, in sync: String, with confirmed: [String: String], by process: Int32) {
        strays.removeAll { stray in
            stray.uid == uid && stray.sync == sync && stray.body.allSatisfy { confirmed[$0] == $1 }
        }
        for place in strays.indices where strays[place].uid == uid && strays[place].sync == sync {
            strays[place].overtaken = strays[place].overtaken ?? process
        }
    }

    /// The user may leave the snapshot, and nothing is wanted of what the destination holds.
    mutating func forgetStrays(of uid: String, in sync: String) {
        while let place = strays.firstIndex(where: { $0.uid == uid && $0.sync == sync }) { applyStray(place) }
    }
}
