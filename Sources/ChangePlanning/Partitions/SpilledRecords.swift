import Crypto
import SyncCore

/// Records of one kind, written one after the other and then read in that order. What reaches the file is sealed with a
/// key that only this process ever has.
struct SpilledRecords: Sendable {
    private static let blockSize = 64 * 1024

    private let space: any SpillSpace
    private let key: SymmetricKey
    private var file: (any SpillFile)?
    private var buffer: [UInt8] = []
    /// Bytes of each block in the file.
    private var blocks: [Int] = []
    private var end: Int64 = 0
    private var readBlocks = 0
    private var readOffset: Int64 = 0
    /// Records that were added.
    private(set) var count = 0

    init(in space: any SpillSpace, key: SymmetricKey) { (self.space, self.key) = (space, key) }

    /// `append` writes one record whole: a block never ends inside it.
    mutating func add(_ append: (inout [UInt8]) -> Void) throws(StateFailure) {
        append(&buffer)
        count += 1
        if buffer.count >= Self.blockSize { try flush() }
    }

    private mutating func flush() throws(StateFailure) {
        guard !buffer.isEmpty else { return }
        if file == nil { file = try space.makeFile() }
        guard let sealed = try? AES.GCM.seal(buffer, using: key).combined else {
            preconditionFailure("AES-GCM refuses no input with a 256-bit key")
        }
        try file?.write(Array(sealed), at: end)
        blocks.append(sealed.count)
        end += Int64(sealed.count)
        // One large record must not leave its room to each of the files for good.
        buffer.removeAll(keepingCapacity: buffer.capacity <= 2 * Self.blockSize)
    }

    /// The records of the next block, in the order they were added; nil after the last.
    mutating func next() throws(StateFailure) -> [UInt8]? {
        if readBlocks == blocks.count {
            // The last block never needs the file.
            guard !buffer.isEmpty else { return nil }
            defer { buffer = [] }
            return buffer
        }
        guard let file else { return nil }
        let sealed = try file.read(blocks[readBlocks], at: readOffset)
        readOffset += Int64(blocks[readBlocks])
        readBlocks += 1
        guard let box = try? AES.GCM.SealedBox(combined: sealed), let bytes = try? AES.GCM.open(box, using: key) else {
            throw StateFailure(
                .storage, .error("spill_failed", "a temporary file does not hold what was written to it"))
        }
        return Array(bytes)
    }

    /// Gives file and memory back.
    mutating func close() {
        (file, buffer, blocks) = (nil, [], [])
        readBlocks = 0
    }
}
