import Foundation
import Synchronization

/// What the process's streams are connected to.
enum Terminal {
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// `NO_COLOR`, when present and not empty, switches colour off (https://no-color.org), and so does a dumb terminal.
    static func wantsColour(_ descriptor: Int32, environment: [String: String]) -> Bool {
        isTerminal(descriptor) && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// Whether a person can read a question and type the answer.
    static var canAsk: Bool { isTerminal(STDIN_FILENO) && isTerminal(STDERR_FILENO) }

    /// True for `y` or `yes`. The question goes to standard error, which no JSON is on.
    static func ask(_ question: String) -> Bool {
        FileHandle.standardError.write(Data(TerminalText.escaped(question).utf8))
        return ["y", "yes"].contains(readLine()?.lowercased())
    }

    /// A line; nil where there is none.
    static func answer(to question: String) -> String? {
        FileHandle.standardError.write(Data(TerminalText.escaped(question).utf8))
        return readLine()
    }

    /// What the terminal was set to before it was told not to show what is typed.
    private static let usual = Mutex<termios?>(nil)

    /// A line that the terminal does not show.
    static func hiddenAnswer(to question: String) -> String? {
        var settings = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else { return answer(to: question) }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        usual.withLock { $0 = settings }
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            showInput()
            FileHandle.standardError.write(Data("\n".utf8))
        }
        return answer(to: question)
    }

    /// Whoever ends the process while a line is not shown calls this: else the person's shell would show nothing either.
    static func showInput() {
        guard var settings = usual.withLock({ $0.take() }) else { return }
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }

    /// Cells in a line of the terminal behind standard error; 80 where it cannot say.
    static func width() -> Int {
        var size = winsize()
        guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
