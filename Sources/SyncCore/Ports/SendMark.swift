/// How far a run has sent its plan, for whoever finds it killed: the window says who may have been sent, this who was
/// not. In memory that outlives the process and not the machine, since a disk is too slow for each request; without it
/// the whole window counts as sent.
package protocol SendMark: Sendable {
    /// Call before the first byte of an operation may leave; from any thread.
    func leaves(_ sequence: Int)
    /// The run sends no more, and not all of its outcomes are in the state: others may read the mark from now on.
    func release()
    /// The run sends no more, and all of its outcomes are in the state.
    func remove()
}
