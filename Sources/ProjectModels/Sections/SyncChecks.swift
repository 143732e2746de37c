import Foundation
import SyncCore

/// What only shows when all syncs of the project are looked at together.
struct SyncChecks {
    let findings: Findings

    func check(_ syncs: [WrittenSync]) {
        checkNames(syncs)
        for sync in syncs { checkTargets(in: sync) }
        checkTargets(across: syncs)
    }

    private func checkNames(_ syncs: [WrittenSync]) {
        var first: [String: Diagnostic.Position] = [:]
        for sync in syncs {
            guard let position = sync.namePosition, !sync.name.isEmpty else { continue }
            if let earlier = first[sync.name] {
                findings.error(
                    "duplicate_name", "a sync `\(sync.name)` is already at \(place(earlier))", at: position)
            } else {
                first[sync.name] = position
            }
        }
    }

    private func checkTargets(in sync: WrittenSync) {
        var first: [String: Diagnostic.Position] = [:]
        for target in sync.targets {
            if let earlier = first[target.attribute] {
                findings.error(
                    "attribute_mapped_twice",
                    "`\(target.attribute)` is already mapped by this sync at \(place(earlier))", at: target.position)
            } else {
                first[target.attribute] = target.position
            }
        }
    }

    private struct Target: Hashable {
        var project: String
        var edge: String
        var attribute: String
    }

    private func checkTargets(across syncs: [WrittenSync]) {
        var first: [Target: (index: Int, position: Diagnostic.Position)] = [:]
        for (index, sync) in syncs.enumerated() {
            guard let destination = sync.destination else { continue }
            let edge = edgeHost(of: destination)
            for target in sync.targets {
                let key = Target(project: destination.projectUID, edge: edge, attribute: target.attribute)
                guard let earlier = first[key] else {
                    first[key] = (index, target.position)
                    continue
                }
                guard earlier.index != index else { continue }
                let name = syncs[earlier.index].name
                findings.error(
                    "attribute_mapped_twice",
                    "`\(target.attribute)` of the same Contentstack project is already mapped by sync `\(name)` at "
                        + place(earlier.position), at: target.position)
            }
        }
    }

    private func edgeHost(of destination: DestinationDefinition) -> String {
        guard let text = destination.edgeURL, let url = URL(string: text), let host = url.host()?.lowercased() else {
            return ContentstackRegion.edgeHost(of: destination.region)
        }
        let standard = url.scheme?.lowercased() == "https" ? 443 : 80
        let port = url.port ?? standard
        return port == standard ? host : "\(host):\(port)"
    }

    private func place(_ position: Diagnostic.Position) -> String {
        "\(position.file):\(position.line):\(position.column)"
    }
}
