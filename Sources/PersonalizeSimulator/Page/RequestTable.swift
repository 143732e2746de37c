import Foundation

/// Rows of the request log, newest first.
struct RequestTable {
    /// How much of a body is shown.
    private static let bodyLimitInBytes = 1_024
    private static let summaryLength = 48

    var caption: HTML
    var requests: [LoggedRequest]
    var emptyText: HTML

    var html: HTML {
        PageTable(
            caption: caption,
            columns: [
                "Time (UTC)", "Request", "User", "Project", "Answer", "Fault", "Applied", "Body",
            ],
            rows: requests.map { PageTable.Row(id: "request-\($0.sequence)", cells: Self.cells($0)) },
            emptyText: emptyText, style: "wide log"
        ).html
    }

    private static func cells(_ request: LoggedRequest) -> [HTML] {
        let user: HTML? = request.uid.map { uid in
            guard let project = request.project else { return "<code>\(uid)</code>" }
            return "<a href=\"\(PageAddress("user", ["project": project, "uid": uid]))\"><code>\(uid)</code></a>"
        }
        let project: HTML? = request.project.map { project in
            "<a href=\"\(PageAddress("users", ["project": project]))\"><code>\(project)</code></a>"
        }
        return [
            time(request.time), "<code><b>\(request.method)</b> \(request.path)</code>", user ?? none, project ?? none,
            answer(request.status), request.fault.map { "<span class=\"mark warn\">⚠ \($0)</span>" } ?? none,
            request.isApplied ? "yes" : "<span class=\"quiet\">no</span>", body(request),
        ]
    }

    private static let none: HTML = "<span class=\"quiet\">–</span>"

    private static func time(_ time: Date) -> HTML {
        let text = LoggedRequest.text(of: time)
        let (day, hour) = (String(text.prefix(10)), String(text.dropFirst(11).dropLast()))
        return "<time datetime=\"\(text)\"><span class=\"quiet\">\(day)</span> \(hour)</time>"
    }

    private static let names = [
        200: "OK", 201: "Created", 204: "No Content", 302: "Found", 304: "Not Modified", 400: "Bad Request",
        401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 408: "Request Timeout", 409: "Conflict",
        413: "Content Too Large", 422: "Unprocessable", 429: "Too Many Requests", 500: "Internal Server Error",
        502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]

    /// The status and what it is called; what a symbol says besides, the words say too.
    static func answer(_ status: Int?) -> HTML {
        guard let status else { return "<span class=\"mark bad\">✗ no answer</span>" }
        let (style, symbol) =
            switch status {
            case ..<300: ("good", "✓")
            case ..<400: ("", "→")
            case ..<500: ("warn", "!")
            default: ("bad", "✗")
            }
        let words = names[status] ?? ""
        let mark: HTML = "<span aria-hidden=\"true\">\(symbol)</span> <b>\(String(status))</b> \(words)"
        return "<span class=\"mark \(style)\">\(mark)</span>"
    }

    private static func body(_ request: LoggedRequest) -> HTML {
        guard request.bodySizeInBytes > 0 else { return none }
        guard !request.body.isEmpty else {
            return "<span class=\"quiet\">\(request.bodySizeInBytes) bytes, not kept</span>"
        }
        let text = String(decoding: request.body.prefix(bodyLimitInBytes), as: UTF8.self)
        let isWhole = request.bodySizeInBytes <= bodyLimitInBytes
        if isWhole, text.count <= summaryLength { return "<code>\(text)</code>" }
        let rest: HTML = isWhole ? "" : "\n… \(request.bodySizeInBytes) bytes in all"
        return """
            <details id="body-\(String(request.sequence))"><summary><code>\(String(text.prefix(summaryLength)))…</code>\
            </summary><pre>\(text)\(rest)</pre></details>
            """
    }
}
