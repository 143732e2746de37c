import Foundation
import Logging
import StateStorage
import SyncCore

/// Where this machine remembers how far each state has come.
enum WitnessPlace {
    /// By the XDG base directory specification, which has a relative path ignored; nil where nothing names a folder.
    static func folder(in environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        func absolute(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        let base = absolute("XDG_STATE_HOME") ?? absolute("HOME").map { "\($0)/.local/state" }
        return base.map { "\($0)/headrace/witness" }
    }

    /// For commands that send.
    static func witness(_ logger: Logger) -> StateWitness {
        StateWitness(folder: folder()) { finding in
            logger.warning("\(finding.message)", metadata: finding.hint.map { ["hint": "\($0)"] } ?? [:])
        }
    }

    /// For commands that only look: what is wrong with it is said by those that send.
    static var forReading: StateWitness { StateWitness(folder: folder()) { _ in } }
}
