import Foundation
import TestKit
import Testing

/// A project whose people log in to a simulator, and a browser that only fetches the page.
struct LoginShop: Sendable {
    enum Method { case secretApp, publicApp, authtoken }

    let folder: ScratchFolder
    let simulator: SimulatorProcess
    let redirectPort: Int

    init(_ method: Method = .secretApp, switches: [String] = []) async throws {
        folder = try ScratchFolder()
        let ofApp = method == .publicApp ? ["--public-app"] : []
        simulator = try SimulatorProcess(in: folder, switches: ["--require-sign-in"] + ofApp + switches)
        redirectPort = FreePort.next()
        var project = MembersProject()
        let secret = method == .secretApp ? ", client_secret: headrace-demo-secret" : ""
        project.authentication =
            method == .authtoken
            ? "{method: authtoken}"
            : "{method: oauth, app_uid: 6500000000000000000000aa, client_id: headrace-demo\(secret), "
                + "redirect_uri: \"http://localhost:\(redirectPort)/callback\"}"
        try folder.write(project.files(edgeURL: simulator.url))
        _ = try await Workshop.sqlite(Workshop.members, database: "shop.db", in: folder.url)
    }

    private var environment: [String: String] {
        [
            "XDG_CONFIG_HOME": folder.path + "config", "XDG_STATE_HOME": folder.path + "state",
            "BROWSER": "/usr/bin/curl",
        ]
    }

    func start(
        _ arguments: [String], variables: [String: String] = [:], input: String = "", keepsInputOpen: Bool = false
    ) throws -> RunningProcess {
        try RunningProcess(
            program: HeadraceProcess.executable(), arguments, in: folder.url,
            environment: HeadraceProcess.environment(environment.merging(variables) { $1 }), input: input,
            keepsInputOpen: keepsInputOpen)
    }

    func headrace(_ arguments: String..., input: String = "") async throws -> HeadraceProcess.Output {
        try await start(arguments, input: input).end()
    }

    /// In a terminal of its own, in which an answer is typed whenever a question stands there. What is shown is in `stdout`.
    func headraceAtATerminal(_ arguments: String..., answers: [String]) async throws -> HeadraceProcess.Output {
        let program = try HeadraceProcess.executable().path(percentEncoded: false)
        return try await RunningProcess(
            program: URL(filePath: "/usr/bin/env"), ["python3", "-c", Self.terminal, program] + arguments,
            in: folder.url, environment: HeadraceProcess.environment(environment),
            input: answers.joined(separator: "\n") + "\n"
        ).end()
    }

    private static let terminal = """
        import os, pty, sys, termios
        answers = sys.stdin.read().splitlines()
        child, screen = pty.fork()
        if child == 0: os.execv(sys.argv[1], sys.argv[1:])
        shown = b""
        while True:
            try: part = os.read(screen, 4096)
            except OSError: break
            if not part: break
            shown += part
            if shown.endswith(b": ") and answers:
                answer = answers.pop(0)
                os.write(screen, b"\\x03" if answer == "^C" else answer.encode() + b"\\n")
        sys.stdout.buffer.write(shown)
        if not termios.tcgetattr(screen)[3] & termios.ECHO: print("what is typed is not shown any more")
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """

    /// The page that the login opens, by what it says.
    func address(of login: RunningProcess) async throws -> String {
        func printed() -> Substring? {
            login.errorText.split(separator: "\n").first { $0.contains("response_type=code") }
        }
        try await eventually { printed() != nil && login.errorText.contains("waiting") || !login.isRunning }
        guard let line = printed() else {
            throw Workshop.Unexpected(description: "no page was opened: \(login.errorText)")
        }
        return line.trimmingCharacters(in: .whitespaces)
    }

    /// The consent page's button. Returns where the browser is sent to.
    func press(_ button: String, on address: String) async throws -> String {
        let page = try await Self.get(address).body
        let fields = page.matches(of: /<input type="hidden" name="([^"]*)" value="([^"]*)"/).map { match in
            "\(match.1)=\(Self.encoded(String(match.2)))"
        }
        let action = try #require(page.firstMatch(of: /<form method="post" action="([^"]*)"/)?.1)
        let form = (fields + ["decision=\(button)"]).joined(separator: "&")
        let curl = try RunningProcess(
            program: URL(filePath: "/usr/bin/curl"),
            ["-sS", "-o", "/dev/null", "-w", "%{redirect_url}", "--data-binary", "@-", "\(simulator.url)\(action)"],
            in: folder.url, environment: HeadraceProcess.environment(), input: form)
        let target = await curl.end().stdout
        return try #require(target.isEmpty ? nil : target, "the page redirects nowhere")
    }

    /// As the browser does, which comes back to this machine.
    static func get(_ address: String) async throws -> (status: Int, body: String) {
        let curl = try RunningProcess(
            program: URL(filePath: "/usr/bin/curl"),
            ["-sSL", "-w", "\n%{http_code}", String(address.prefix { $0 != "#" })],
            in: FileManager.default.temporaryDirectory,
            environment: HeadraceProcess.environment())
        let output = await curl.end()
        let lines = output.stdout.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    /// Logs in and has to succeed.
    func logIn() async throws {
        let login = try start(["login"])
        let back = try await press("approve", on: try await address(of: login))
        #expect(try await Self.get(back).status == 200)
        let output = await login.end()
        #expect(output.exit == 0, "\(output.stderr)")
    }

    var loginsFile: String { folder.path + "config/headrace/logins.json" }
}
