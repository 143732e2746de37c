import Foundation

/// A real HTTP proxy (Debian's tinyproxy) on 127.0.0.1, gone with its owner. Everything it logs is kept.
package final class Tinyproxy: Sendable {
    package let port: Int
    private let folder: ScratchFolder
    private let running: RunningProcess

    package struct Problem: Error, CustomStringConvertible {
        package var description: String
    }

    /// `credentials` as `user password`; nil asks nobody. `connectPort`: the one port that tunnels may lead to.
    package init(credentials: String? = nil, connectPort: Int? = nil) throws {
        let folder = try ScratchFolder("headrace-tinyproxy")
        self.folder = folder
        var lines = [
            "Listen 127.0.0.1", "Timeout 60", "Allow 127.0.0.1", "LogLevel Info", "MaxClients 200",
        ]
        if let credentials { lines.append("BasicAuth \(credentials)") }
        if let connectPort { lines.append("ConnectPort \(connectPort)") }
        let program = "/usr/bin/tinyproxy"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Problem(description: "no \(program): install the apt package tinyproxy")
        }
        (running, port) = try FreePort.claim { port in
            try folder.write(["proxy.conf": (["Port \(port)"] + lines).joined(separator: "\n") + "\n"])
            let running = try RunningProcess(
                program: URL(filePath: "/bin/sh"),
                ["-c", "\(program) -d -c proxy.conf & cat > /dev/null; kill -9 $!"],
                in: folder.url, environment: HeadraceProcess.environment(), keepsInputOpen: true)
            let words = ["Accepting connections", "Could not create"]
            let line = running.line { line in words.contains { line.contains($0) } }
            if line?.contains(words[0]) == true { return running }
            running.closeInput()
            guard line != nil else {
                throw Problem(description: "tinyproxy did not start: \(running.outputText) \(running.errorText)")
            }
            return nil
        }
    }

    deinit { running.closeInput() }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// Waits a little for it: what a process says takes its way.
    package func hasLogged(_ text: String) -> Bool { running.line { $0.contains(text) } != nil }

    package var log: String { running.outputText + running.errorText }

    /// Ends it; when this returns, its port answers no more.
    package func end() async {
        running.closeInput()
        _ = await running.end()
    }
}
