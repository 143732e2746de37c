import Crypto
package import SyncCore

/// Types the rows of one sync, one at a time. The row's uid, primary key and canonical bytes stand in buffers that
/// the next row overwrites: a valid row allocates nothing.
package struct RowTyper: Sendable {
    /// A row that does not fit: where and why.
    struct Misfit {
        var column: Int
        /// Nil where a key is at fault.
        var mapping: Int?
        var problem: TypingProblem
    }

    /// Sorted by the bytes of the attributes' keys, as JSON prints them.
    let mappings: [CompiledMapping]
    let columns: [ColumnDescription]
    let matchColumn: Int
    let keyColumns: [Int]
    /// The primary key is some other column than the uid.
    let hasOwnPrimaryKey: Bool

    private(set) var uid: [UInt8] = []
    private(set) var primaryKey: [UInt8] = []
    /// The same with every part's length before it: two keys that read the same differ here. Of several parts only.
    private(set) var primaryKeyParts: [UInt8] = []
    private(set) var hasUID = false
    private(set) var hasPrimaryKey = false
    /// The digest of the mappings, then one canonical value a mapping.
    private(set) var canonical: [UInt8]
    /// Mappings without a value in this row: skipped nulls, and nulls that are sent.
    private(set) var absent: [Int] = []
    private(set) var nulls: [Int] = []
    /// The column of a template that is being written.
    private var templateColumn: Int?
    private var workspace: TypingWorkspace
    static let digestSize = 16

    /// Throws `unknown_column` for a column that the statement does not have; `SyncCheck` finds all of them.
    package init(sync: SyncDefinition, columns: [ColumnDescription], retainsValues: Bool = true) throws(Diagnostic) {
        let index = ColumnIndex(columns: columns)
        self.columns = columns
        var mappings: [CompiledMapping] = []
        for mapping in sync.mappings {
            mappings.append(try CompiledMapping(mapping, columns: index, retainsValues: retainsValues))
        }
        self.mappings = mappings.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        matchColumn = try index.index(of: sync.match.column, at: sync.match.position)
        var keyColumns: [Int] = []
        for name in sync.model.primaryKey {
            keyColumns.append(try index.index(of: name, at: sync.model.primaryKeyPosition))
        }
        self.keyColumns = keyColumns
        hasOwnPrimaryKey = keyColumns != [matchColumn]
        workspace = TypingWorkspace(timeZone: sync.model.timeZone)
        canonical = Self.digest(of: self.mappings, isKeyProtected: sync.match.isPII)
    }

    /// Whether a row fits, typed whole.
    package mutating func fits(row: Int, of batch: RowBatch) -> Bool { type(row: row, of: batch) == nil }

    /// Types a row into the buffers; nil if all of it fits. `hasUID` and `hasPrimaryKey` hold also for one that does not.
    mutating func type(row: Int, of batch: RowBatch) -> Misfit? {
        readKeys(row: row, of: batch) ?? typeValues(row: row, of: batch)
    }

    /// The second half of `type`, for a row whose keys were read and fit.
    mutating func typeValues(row: Int, of batch: RowBatch) -> Misfit? {
        var misfit: Misfit?
        let extra = canonical.count - Self.digestSize
        canonical.removeLast(extra)
        absent.removeAll(keepingCapacity: true)
        nulls.removeAll(keepingCapacity: true)
        templateColumn = nil
        for index in mappings.indices {
            do throws(TypingProblem) {
                try append(mapping: index, row: row, of: batch)
            } catch {
                let column = templateColumn ?? mappings[index].columns.first ?? matchColumn
                misfit = Misfit(column: column, mapping: index, problem: error)
                break
            }
        }
        // A user's new primary key is no change of values, but the snapshot must learn it.
        if hasOwnPrimaryKey {
            canonical.appendCanonicalTextHeader(count: primaryKey.count)
            canonical.append(contentsOf: primaryKey)
        }
        return misfit
    }

    /// Finds `absent` and `nulls` of a row that is known to fit, and types nothing.
    mutating func readNulls(row: Int, of batch: RowBatch) {
        absent.removeAll(keepingCapacity: true)
        nulls.removeAll(keepingCapacity: true)
        for index in mappings.indices {
            let tag: UInt8?
            switch mappings[index].origin {
            case .constant: tag = mappings[index].constant[0]
            case .column(let column):
                guard case .null = batch.cells[row * batch.columnCount + column] else { continue }
                tag = mappings[index].onNull[0]
            case .template(let parts):
                let hasNull = parts.contains { part in
                    guard case .place(let place) = part else { return false }
                    return batch.cell(row: row, column: place.column) == .null
                }
                tag = hasNull ? mappings[index].onNull[0] : nil
            }
            switch tag {
            case CanonicalTag.absent: absent.append(index)
            case CanonicalTag.null: nulls.append(index)
            default: continue
            }
        }
    }

    private mutating func append(mapping index: Int, row: Int, of batch: RowBatch) throws(TypingProblem) {
        let start = canonical.count
        switch mappings[index].origin {
        case .constant: canonical.append(contentsOf: mappings[index].constant)
        case .column(let column):
            let cell = batch.cells[row * batch.columnCount + column]
            if case .null = cell {
                canonical.append(contentsOf: mappings[index].onNull)
            } else {
                try mappings[index].conversion.append(cell, of: batch.bytes, to: &canonical, using: &workspace)
            }
        case .template(let parts): try append(template: parts, mapping: index, row: row, of: batch)
        }
        switch canonical[start] {
        case CanonicalTag.absent: absent.append(index)
        case CanonicalTag.null: nulls.append(index)
        default:
            if mappings[index].isConstrained { try mappings[index].requireConstraints(canonical, from: start) }
        }
    }

    private mutating func append(
        template parts: [CompiledMapping.Part], mapping index: Int, row: Int, of batch: RowBatch
    ) throws(TypingProblem) {
        var text: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let literal): text.append(contentsOf: literal)
            case .place(let place):
                let cell = batch.cell(row: row, column: place.column)
                if cell == .null { return canonical.append(contentsOf: mappings[index].onNull) }
                templateColumn = place.column
                try place.append(cell, of: batch.bytes, to: &text, clock: &workspace.clock)
                templateColumn = nil
            }
        }
        let slice = ByteSlice(offset: 0, count: UInt32(text.count))
        try mappings[index].conversion.append(.text(slice), of: text, to: &canonical, using: &workspace)
    }

    /// Where the row stands in key order.
    func order(row: Int, of batch: RowBatch) -> [FirstKeys.Part] {
        keyColumns.map { column in
            let cell = batch.cell(row: row, column: column)
            if case .integer(let value) = cell { return .integer(value) }
            if case .text(let slice) = cell { return .text(Array(batch.slice(slice))) }
            return .text(Array(cell.text(of: batch).utf8))
        }
    }

    /// Reads uid and primary key alone.
    mutating func readKeys(row: Int, of batch: RowBatch) -> Misfit? {
        var misfit: Misfit?
        uid.removeAll(keepingCapacity: true)
        primaryKey.removeAll(keepingCapacity: true)
        primaryKeyParts.removeAll(keepingCapacity: true)
        (hasUID, hasPrimaryKey) = (false, true)
        for (index, column) in keyColumns.enumerated() {
            if index > 0 { primaryKey.append(UInt8(ascii: "/")) }
            let start = primaryKey.count
            do throws(TypingProblem) {
                try Self.appendKey(batch.cell(row: row, column: column), of: batch.bytes, to: &primaryKey)
            } catch {
                hasPrimaryKey = false
                misfit = misfit ?? Misfit(column: column, problem: error)
            }
            guard keyColumns.count > 1 else { continue }
            primaryKeyParts.appendCanonicalTextHeader(count: primaryKey.count - start)
            primaryKeyParts.append(contentsOf: primaryKey[start...])
        }
        do throws(TypingProblem) {
            try Self.appendKey(batch.cell(row: row, column: matchColumn), of: batch.bytes, to: &uid)
            guard uid.count <= UserUID.maximumLengthInBytes, TextChecks.isVisibleASCII(uid) else {
                throw .uidNotVisible
            }
            hasUID = true
        } catch { misfit = misfit ?? Misfit(column: matchColumn, problem: error) }
        return misfit
    }

    /// A key as text: integers plain, uuids in lower case.
    private static func appendKey(
        _ cell: Cell, of source: [UInt8], to key: inout [UInt8]
    ) throws(TypingProblem) {
        switch cell {
        case .null: throw .keyNull
        case .integer(let value): key.appendDecimal(value)
        case .uuid(let slice): key.appendUUID(source.span.extracting(slice.range))
        case .text(let slice):
            guard slice.count > 0 else { throw .keyEmpty }
            let text = source.span.extracting(slice.range)
            try TextChecks.requireText(text)
            key.appendSpan(text)
        default: throw .otherType
        }
    }

    /// What else than the values decides what is sent and kept: part of every fingerprint, so that a changed mapping
    /// makes every user look changed and be compared value by value.
    private static func digest(of mappings: [CompiledMapping], isKeyProtected: Bool) -> [UInt8] {
        let words =
            [isKeyProtected ? "-" : "+"]
            + mappings.flatMap { mapping in
                let attribute = mapping.definition.attribute
                return [
                    mapping.key, attribute.type.rawValue, attribute.encoding.rawValue, mapping.isProtected ? "-" : "+",
                ]
            }
        let text = words.map { "\($0.utf8.count):\($0)" }.joined()
        return Array(SHA256.hash(data: Array(text.utf8)).prefix(digestSize))
    }
}
