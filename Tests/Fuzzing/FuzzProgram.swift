/// libFuzzer's driver, from its library without a main function.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// `fuzz TARGET [options and folders of libFuzzer]`.
@main struct FuzzProgram {
    /// Set once, before libFuzzer starts.
    private nonisolated(unsafe) static var target = FuzzTarget.numeric

    static func main() {
        guard CommandLine.arguments.count > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
            print("usage: fuzz \(FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")) [libFuzzer's arguments]")
            return
        }
        Self.target = target
        // libFuzzer skips the first argument, so that the name of the target stands for the program's.
        var count = CommandLine.argc - 1
        var arguments = CommandLine.unsafeArgv + 1
        _ = runFuzzer(&count, &arguments) { start, count in
            let bytes = Array(UnsafeBufferPointer(start: start, count: count))
            if let violation = FuzzProgram.target.violation(bytes) { fatalError(violation) }
            return 0
        }
    }
}
