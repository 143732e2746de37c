import Foundation
import SyncCore
import SyncEngine

/// Tries the parts of a project one by one; a part that fails does not keep the others from being tried.
struct Doctor {
    var opened: OpenedProject

    /// Below this a run's journal may not fit.
    static let scarceDiskInBytes: Int64 = 500 * 1024 * 1024

    func examine(_ definition: SourceDefinition) async -> [Examination] {
        let source = OpenedProject.source(definition)
        do {
            let answer = try await source.probe()
            let connected = Examination(part: "source", name: definition.name, answer: answer)
            return [connected] + (await examineRights(definition, of: source))
        } catch {
            let exit: ExitStatus = error.kind == .statement ? .usage : .sourceFailure
            let failed = Examination(part: "source", name: definition.name, finding: error.diagnostic, exit: exit)
            // This one did connect, and wants another role.
            guard error.diagnostic.code == "superuser" else { return [failed] }
            return [failed] + (await examineRights(definition, of: source))
        }
    }

    /// What the source's role may do with the tables that the models and their tests read, and the statements that set
    /// it right.
    private func examineRights(_ definition: SourceDefinition, of source: any Source) async -> [Examination] {
        let project = opened.project
        let statements = project.models.filter { $0.source.name == definition.name }.flatMap { model in
            [model.statement] + model.tests.map { project.statement(of: $0, model) }
        }
        guard !statements.isEmpty else { return [] }
        do throws(SourceFailure) {
            guard let rights = try await source.rights(toRead: statements) else { return [] }
            return [Examination(rights, of: definition.name)]
        } catch {
            return [
                Examination(
                    part: "rights", name: definition.name, finding: error.diagnostic, exit: .sourceFailure)
            ]
        }
    }

    func examine(_ definition: DestinationDefinition) async -> Examination {
        do {
            let destination = try OpenedProject.destination(definition)
            return Examination(
                part: "destination", name: definition.name, answer: try await destination.probe())
        } catch {
            let failure = CommandFailure(error)
            let finding = failure.findings.first ?? .error("destination_failed", "the destination cannot be asked")
            return Examination(part: "destination", name: definition.name, finding: finding, exit: failure.exit)
        }
    }

    /// Who is logged in, and what the project uid stands for there; nil where nobody is, which nothing needs.
    func examineLogin(of definition: DestinationDefinition) async -> Examination? {
        guard definition.authentication != .none else { return nil }
        do {
            let identity = try await ManagementAccess(definition).identity()
            let answer = identity.map { "the login sees \($0.phrase)" }
            guard let answer else {
                return Examination(
                    part: "login", name: definition.name,
                    warning: "none of the login's organizations lists project \(definition.projectUID)",
                    hint: "check project_uid and region, and the login's role in the project")
            }
            return Examination(part: "login", name: definition.name, answer: answer)
        } catch {
            let failure = CommandFailure(error)
            guard let finding = failure.findings.first, finding.code != "not_logged_in" else { return nil }
            return Examination(
                part: "login", name: definition.name, warning: finding.message,
                hint: finding.hint ?? "sending needs no login")
        }
    }

    func examineState() async -> [Examination] {
        do {
            let path = try opened.statePath()
            _ = try await opened.engine()
            let key = opened.project.state.key == nil ? OpenedProject.keyPath(statePath: path) : "state.key"
            return [
                Examination(part: "state", name: path, answer: "opens"),
                // The engine would have refused a key that others can read, or another key than the state's.
                Examination(part: "key", name: key, answer: "is the state's own, and safe from others"),
                disk(of: path),
            ].compactMap { $0 }
        } catch {
            let failure = CommandFailure(error)
            return failure.findings.map { finding in
                Examination(part: "state", name: opened.project.name, finding: finding, exit: failure.exit)
            }
        }
    }

    private func disk(of path: String) -> Examination? {
        let folder = (path as NSString).deletingLastPathComponent
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value else { return nil }
        let text = "\(NumberText.bytes(Int(free))) free"
        guard free < Self.scarceDiskInBytes else { return Examination(part: "disk", name: folder, answer: text) }
        return Examination(
            part: "disk", name: folder, warning: "only \(text)", hint: "free some space, or move state.url elsewhere")
    }
}
