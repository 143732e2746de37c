import Foundation

/// A real nginx on 127.0.0.1 that speaks TLS and hands every request on to a server behind it; gone with its owner.
package final class Nginx: Sendable {
    package let port: Int
    private let folder: ScratchFolder
    private let running: RunningProcess

    package struct Problem: Error, CustomStringConvertible {
        package var description: String
    }

    /// `url` is `http://host:port` of the server behind; `certificate` and `key` are paths of PEM files.
    package init(before url: String, certificate: String, key: String, http2: Bool = false) throws {
        let folder = try ScratchFolder("headrace-nginx")
        self.folder = folder
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path tmp_\($0);" }
        let program = "/usr/sbin/nginx"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Problem(description: "no \(program): install the apt package nginx")
        }
        (running, port) = try FreePort.claim { port in
            try folder.write([
                "nginx.conf": """
                daemon off; worker_processes 1; pid nginx.pid; error_log stderr notice;
                \(getuid() == 0 ? "user root;" : "")
                events { worker_connections 2048; }
                http {
                    \(temporary.joined(separator: " "))
                    log_format short '$server_protocol $status';
                    access_log access.log short;
                    upstream behind { server \(url.dropFirst("http://".count)); keepalive 64; keepalive_requests 1000000; }
                    server {
                        listen 127.0.0.1:\(port) ssl\(http2 ? " http2" : "");
                        ssl_certificate \(certificate); ssl_certificate_key \(key);
                        location / {
                            proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection "";
                        }
                    }
                }
                """
            ])
            let running = try RunningProcess(
                program: URL(filePath: "/bin/sh"),
                ["-c", "\(program) -e stderr -p \"$PWD\" -c nginx.conf & cat > /dev/null; kill -TERM $!; wait"],
                in: folder.url, environment: HeadraceProcess.environment(), keepsInputOpen: true)
            let words = ["start worker process ", "bind() to"]
            let line = running.line { line in words.contains { line.contains($0) } }
            if line?.contains(words[0]) == true { return running }
            running.closeInput()
            guard line != nil else { throw Problem(description: "nginx did not start: \(running.errorText)") }
            return nil
        }
    }

    deinit { running.closeInput() }

    package var url: String { "https://localhost:\(port)" }

    /// How many requests came over each protocol, such as `HTTP/2.0`; complete once it has ended.
    package func requestsByProtocol() throws -> [String: Int] {
        let words = try folder.text(of: "access.log").split(separator: "\n").compactMap {
            $0.split(separator: " ").first
        }
        return words.reduce(into: [:]) { $0[String($1), default: 0] += 1 }
    }

    /// Ends it; when this returns, its port answers no more.
    package func end() async {
        running.closeInput()
        _ = await running.end()
    }
}
