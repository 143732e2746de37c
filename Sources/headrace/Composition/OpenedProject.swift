import ChangePlanning
import Contentstack
import Foundation
import Logging
import ProjectModels
import SQLDatabases
import StateStorage
import SyncCore
import SyncEngine

/// The project that a command works on, and the one place that turns its definitions into concrete parts.
struct OpenedProject: Sendable {
    let project: Project
    /// Warnings and notes on its files.
    let findings: [Diagnostic]
    let logger: Logger

    /// Reads the project's files. Throws all findings when one of them is an error.
    init(_ options: ProjectOptions) throws(CommandFailure) { try self.init(Self.read(options), options) }

    /// Throws the reading's findings when one of them is an error.
    init(_ reading: ProjectReading, _ options: ProjectOptions) throws(CommandFailure) {
        guard let project = reading.project else { throw CommandFailure(.usage, reading.findings) }
        self.project = project
        findings = reading.findings
        logger = options.output.logger
    }

    /// What the files say, sound or not. Throws `no_project`.
    static func read(_ options: ProjectOptions) throws(CommandFailure) -> ProjectReading {
        do throws(Diagnostic) {
            let directory =
                if let named = options.project { named } else {
                    try ProjectLoader.findProjectDirectory(startingAt: ".")
                }
            return ProjectLoader.read(
                directory: directory, environment: ProcessInfo.processInfo.environment,
                variables: options.variableTexts)
        } catch {
            throw CommandFailure(.usage, error)
        }
    }

    /// Syncs by name or glob, in the project's order.
    func syncs(matching patterns: [String]) throws(Diagnostic) -> [SyncDefinition] {
        let names = Set(try SyncSelection.select(patterns, among: project.syncs.map(\.name)))
        return project.syncs.filter { names.contains($0.name) }
    }

    /// Says so, where there is nothing to run.
    func hasNoSync(_ console: Console) -> Bool {
        guard project.syncs.isEmpty else { return false }
        console.complain([
            .warning("no_sync", "the project has no sync", hint: "write one under `syncs:` of a models/NAME.yml")
        ])
        return true
    }

    static func source(_ definition: SourceDefinition) -> any Source {
        switch definition.kind {
        case .sqlite(let path):
            SQLiteSource(
                name: definition.name, path: path, statementTimeout: definition.statementTimeout,
                lockTimeout: definition.lockTimeout ?? SQLiteSource.standardLockTimeout)
        case .postgres(let url, let allowSuperuser):
            PostgresSource(
                name: definition.name, url: url, allowSuperuser: allowSuperuser,
                statementTimeout: definition.statementTimeout,
                lockTimeout: definition.lockTimeout ?? PostgresSource.standardLockTimeout)
        }
    }

    static func destination(_ definition: DestinationDefinition) throws(Diagnostic) -> any Destination {
        try PersonalizeEdgeDestination(definition, version: HeadraceVersion.text)
    }

    private static func destination(
        _ definition: DestinationDefinition, logger: Logger
    ) throws(Diagnostic) -> any Destination {
        try PersonalizeEdgeDestination(definition, version: HeadraceVersion.text) {
            logger.notice("\($0)", metadata: ["destination": "\(definition.name)"])
        }
    }

    /// Absolute path of the state's file.
    func statePath() throws(Diagnostic) -> String { try Self.statePath(of: project) }

    static func statePath(of project: Project) throws(Diagnostic) -> String {
        try statePath(at: project.state.location, writtenAt: project.state.position)
    }

    static func statePath(
        at location: StateDefinition.Location, writtenAt position: Diagnostic.Position?
    ) throws(Diagnostic) -> String {
        switch location {
        case .sqlite(let path): return path
        case .postgres:
            throw .error(
                "state_unsupported", "this version keeps its state in SQLite only",
                at: position, hint: "write state: {url: \"sqlite:.headrace/state.db\"}")
        }
    }

    /// The state for commands that only read; nil when nothing ran yet.
    func stateForReading() throws -> (any StateInspection)? {
        try SQLiteStateStore.openForReading(path: statePath())
    }

    /// The engine with everything it is given. Throws when the state cannot be opened, or was made with another key.
    func engine() async throws -> Engine {
        let path = try statePath()
        let identity = ProcessIdentity()
        let holder = identity.current()
        let state = try SQLiteStateStore(
            path: path, witness: WitnessPlace.witness(logger), marks: SendMarks(bootID: holder.bootID))
        let known = try await state.keyCheck()
        let keys = KeyRing(try installKey(statePath: path, isNew: known == nil))
        try await Self.hold(keys, against: state)
        let logger = logger
        var environment = EngineEnvironment(
            project: project, state: state, keys: keys,
            source: { definition in Self.source(definition) },
            destination: { definition throws(Diagnostic) in try Self.destination(definition, logger: logger) },
            holder: holder, isGone: { identity.isGone($0, seenFrom: holder) },
            now: { WallTime.current() }, random: { Double.random(in: 0..<1) }, logger: logger)
        #if DEBUG
            // For tests, which cannot wait for as long as a process is stopped in earnest.
            if let text = ProcessInfo.processInfo.environment["HEADRACE_TEST_LEASE_TRUST"], let seconds = Int(text) {
                environment.leaseTrust = .seconds(seconds)
            }
        #endif
        environment.spill = SpillFolder(folder: (path as NSString).deletingLastPathComponent)
        return Engine(environment)
    }

    /// The configured key, else that of the key file beside the state, which is made for a new state only: no other
    /// key than its own opens an old one.
    private func installKey(statePath: String, isNew: Bool) throws -> InstallKey {
        if let configured = project.state.key { return try InstallKeyFile.key(fromConfigured: configured) }
        let path = Self.keyPath(statePath: statePath)
        let file = InstallKeyFile(path: path)
        if isNew { return try file.loadOrCreate() }
        guard let key = try file.load() else {
            throw Diagnostic.error(
                "key_missing", "the state's key file is missing: there is no \(path)",
                hint: "bring the file back from a backup; no other key opens the state")
        }
        return key
    }

    /// The install key as far as it is at hand.
    static func knownKey(of state: StateDefinition?, statePath: String) -> InstallKey? {
        if let configured = state?.key { return try? InstallKeyFile.key(fromConfigured: configured) }
        return try? InstallKeyFile(path: keyPath(statePath: statePath)).load()
    }

    static func keyPath(statePath: String) -> String {
        (statePath as NSString).deletingLastPathComponent + "/key"
    }

    /// A new state remembers the key; an old one must have been made with it.
    private static func hold(_ keys: KeyRing, against state: SQLiteStateStore) async throws {
        guard let known = try await state.keyCheck() else { return try await state.setKeyCheck(keys.check) }
        guard known == keys.check else {
            throw Diagnostic.error(
                "wrong_key", "the state was made with another install key",
                hint: "put back the key file or state.key that it was made with")
        }
    }
}
