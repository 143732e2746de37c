/// The version of this Headrace, as `--version` and the user agent say it.
enum HeadraceVersion {
    static let text = "0.1.0"
}
