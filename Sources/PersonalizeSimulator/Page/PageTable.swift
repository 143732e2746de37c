/// A table with a caption, whose first column names each row. On a narrow screen the rows of a `wide` one become cards.
struct PageTable {
    struct Column {
        var title: String
        var isNumber = false
    }

    struct Row {
        /// What makes it the same row when the page is made again.
        var id: String?
        var cells: [HTML]
    }

    var caption: HTML
    var columns: [Column]
    var rows: [Row]
    /// What stands in place of a table without rows.
    var emptyText: HTML
    var style = "wide"

    // Roles, since a stylesheet that makes cards of rows takes their meaning from some screen readers.
    var html: HTML {
        guard !rows.isEmpty else { return "<p class=\"empty\">\(emptyText)</p>" }
        let titles = columns.map { column -> HTML in
            "<th scope=\"col\" role=\"columnheader\"\(Self.kind(column))>\(column.title)</th>"
        }
        return """
            <table role="table" class="\(style)"><caption>\(caption)</caption>
            <thead role="rowgroup"><tr role="row">\(titles)</tr></thead>
            <tbody role="rowgroup">\(rows.map(html))</tbody></table>
            """
    }

    private func html(_ row: Row) -> HTML {
        let cells = zip(columns, row.cells).enumerated().map { place, pair -> HTML in
            let (column, cell) = pair
            guard place > 0 else { return "<th scope=\"row\" role=\"rowheader\"\(Self.kind(column))>\(cell)</th>" }
            return "<td role=\"cell\" data-label=\"\(column.title)\"\(Self.kind(column))>\(cell)</td>"
        }
        let id: HTML = row.id.map { " id=\"\($0)\"" } ?? ""
        return "<tr role=\"row\"\(id)>\(cells)</tr>\n"
    }

    private static func kind(_ column: Column) -> HTML { column.isNumber ? " class=\"number\"" : "" }
}

extension PageTable.Column: ExpressibleByStringLiteral {
    init(stringLiteral title: String) { self.init(title: title) }

    static func number(_ title: String) -> Self { Self(title: title, isNumber: true) }
}

/// Links to the pages before and after, where a list is shown by its places.
struct Pager {
    private let count: Int
    private let offset: Int
    private let limit: Int
    private let address: PageAddress

    /// `offset` is what somebody asked for, and may be any number; `address` is without it.
    init(count: Int, offset: Int?, limit: Int, address: PageAddress) {
        (self.count, self.limit, self.address) = (count, limit, address)
        self.offset = min(offset ?? 0, count)
    }

    /// The places that are shown, counted from 0.
    var places: Range<Int> { offset..<min(offset + limit, count) }

    var html: HTML {
        guard count > limit || offset > 0 else { return "" }
        var links: [HTML] = []
        if offset > 0 {
            let previous = max(0, offset - limit)
            let target = address.asking("offset", previous > 0 ? String(previous) : nil)
            links.append("<a rel=\"prev\" href=\"\(target)\">Previous</a>")
        }
        links.append("<span>\(min(places.lowerBound + 1, count)) to \(places.upperBound) of \(count)</span>")
        if places.upperBound < count {
            let target = address.asking("offset", String(offset + limit))
            links.append("<a rel=\"next\" href=\"\(target)\">Next</a>")
        }
        return "<nav class=\"pager\" aria-label=\"Pages of the list\">\(links)</nav>"
    }
}
