import Foundation
import SyncCore

/// Which process this is, so that its locks can be told from those of a process that died.
struct ProcessIdentity {
    /// `/proc`, or a folder of the same shape.
    var proc = "/proc"

    /// This process as the holder of locks. Where the kernel tells nothing, the fields are empty and 0.
    func current() -> LeaseHolder {
        let processID = ProcessInfo.processInfo.processIdentifier
        return LeaseHolder(
            host: ProcessInfo.processInfo.hostName, bootID: bootID ?? "", processID: processID,
            startTime: startTime(of: processID) ?? 0)
    }

    /// True only when the holder is certainly dead: it was on this host, and the host was started anew since, or the
    /// pid is free or belongs to a process that started at another time.
    func isGone(_ holder: LeaseHolder, seenFrom own: LeaseHolder) -> Bool {
        guard holder.sharesProcesses(with: own), !holder.bootID.isEmpty, !own.bootID.isEmpty else { return false }
        guard holder.bootID == own.bootID else { return true }
        guard FileManager.default.fileExists(atPath: "\(proc)/\(holder.processID)") else { return true }
        return startTime(of: holder.processID).map { $0 != holder.startTime } ?? false
    }

    private var bootID: String? {
        guard let boot = try? String(contentsOfFile: "\(proc)/sys/kernel/random/boot_id", encoding: .utf8) else {
            return nil
        }
        let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(proc)/self/ns/pid")
        let text = boot.trimmingCharacters(in: .whitespacesAndNewlines)
        return namespace.map { "\(text)\(LeaseHolder.namespaceMark)\($0)" } ?? text
    }

    /// Field 22 of /proc/PID/stat. The second field is the command in parentheses and may itself hold blanks and `)`.
    private func startTime(of processID: Int32) -> UInt64? {
        guard let bytes = FileManager.default.contents(atPath: "\(proc)/\(processID)/stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // The first field after the command is number 3.
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
