/// Room for what a plan cannot hold in memory.
package protocol SpillSpace: Sendable {
    /// An empty file of the caller's own, which is gone with the last reference to it, or with the process.
    func makeFile() throws(StateFailure) -> any SpillFile
}

/// Bytes at places that the caller keeps. Throws `.storage` when the disk is full or fails.
package protocol SpillFile: Sendable {
    func write(_ bytes: [UInt8], at offset: Int64) throws(StateFailure)
    /// Exactly as many as were written there.
    func read(_ count: Int, at offset: Int64) throws(StateFailure) -> [UInt8]
}
