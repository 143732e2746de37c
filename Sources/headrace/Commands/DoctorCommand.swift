import ArgumentParser
import SyncCore

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Try every source, destination and the state; say what to fix.",
        discussion:
            "Exits 6 when a source fails, 5 when a destination does, 2 when the configuration or the state does.")

    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            var examinations: [Examination] = []
            func show(_ examination: Examination) {
                console.print(json: examination.json, text: examination.text(console.palette))
                examinations.append(examination)
            }
            show(Examination(part: "project", name: opened.project.name, answer: "\(opened.project.directory)"))
            for finding in opened.findings where finding.severity == .warning {
                show(Examination(part: "project", name: opened.project.name, finding: finding))
            }
            let doctor = Doctor(opened: opened)
            let signals = ProcessSignals(announcing: ProcessSignals.ofReading)
            for source in opened.project.sources {
                for examination in try await signals.cancelling({ await doctor.examine(source) }) { show(examination) }
            }
            for destination in opened.project.destinations {
                show(try await signals.cancelling { await doctor.examine(destination) })
                if let login = try await signals.cancelling({ await doctor.examineLogin(of: destination) }) {
                    show(login)
                }
            }
            for examination in try await signals.cancelling({ await doctor.examineState() }) { show(examination) }
            return Examination.exit(of: examinations)
        }
    }
}
