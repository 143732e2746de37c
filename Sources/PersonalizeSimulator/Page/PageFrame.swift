/// What stands around the content of every page.
struct PageFrame {
    var title: String
    /// The project that the page is about.
    var project: String?
    /// Which entry of the navigation is this page.
    var current: PageAddress?
    var content: HTML

    /// `status` is 404 for a page about what is not there.
    func answer(status: Int = 200) -> Answer {
        var answer = Answer(status: status, headers: Self.headers("text/html; charset=utf-8"))
        answer.body = html.markup
        return answer
    }

    static func headers(_ type: String) -> [(name: String, value: String)] {
        let policy = [
            "default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'", "img-src 'self' data:",
            "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
        ]
        return [
            ("content-type", type), ("content-security-policy", policy.joined(separator: "; ")),
            ("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
        ]
    }

    private var html: HTML {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>\(title) · Headrace simulator</title>
        <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect \
        width='16' height='16' rx='4' fill='%23125ea8'/%3E%3Cpath d='M3 6q2.5-2.5 5 0t5 0M3 10q2.5-2.5 5 0t5 0' \
        fill='none' stroke='%23fff' stroke-width='1.6'/%3E%3C/svg%3E">
        <link rel="stylesheet" href="\(PageAddress("style.css"))"><script src="\(PageAddress("live.js"))" defer></script>
        </head><body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top"><a class="brand" href="\(PageAddress.overview)">Headrace simulator</a>
        <nav aria-label="Pages">\(link("Overview", .overview))\(link("Requests", PageAddress("requests")))</nav>
        <p id="live" role="status">Reload to see what is new</p></header>
        \(projectNavigation)
        <main id="content" tabindex="-1"><h1>\(title)</h1>
        \(content)
        </main>
        <footer>The Headrace simulator stands in for Contentstack Personalize on this machine. It is not Contentstack.</footer>
        </body></html>
        """
    }

    private var projectNavigation: HTML {
        guard let project else { return "" }
        return """
            <nav class="project" aria-label="Project"><span>Project <code>\(project)</code></span>
            \(link("Users", PageAddress("users", ["project": project])))
            \(link("Audiences", PageAddress("audiences", ["project": project])))
            \(link("Its requests", PageAddress("requests", ["project": project])))</nav>
            """
    }

    private func link(_ name: String, _ address: PageAddress) -> HTML {
        let mark: HTML = address.text == current?.text ? " aria-current=\"page\"" : ""
        return "<a href=\"\(address)\"\(mark)>\(name)</a>"
    }
}

extension HTML {
    /// A part that the script replaces by what the same page says later.
    static func live(_ id: String, _ content: HTML) -> HTML {
        "<section id=\"\(id)\" data-live>\(content)</section>\n"
    }
}
