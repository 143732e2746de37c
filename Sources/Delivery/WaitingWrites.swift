import SyncCore

/// A write on its way to its outcome.
struct TrackedWrite: Sendable {
    var write: PlannedWrite
    /// Times it was handed out.
    var tries = 0
    /// Times it left: a try that never connected is none.
    var exchanges = 0
    var mayHaveBeenApplied = false
    var mayStillArrive = false
    var lastAnswer: String?
    /// Tokens that the try in flight has borrowed, or the next one will; 0 for the first.
    var retryCost = 0

    init(_ write: PlannedWrite) { self.write = write }
}

/// The writes of a window, each in a place of its own until it has its outcome: from one queue to the next goes only
/// the number of the place.
struct WritePlaces: Sendable {
    private var writes: [TrackedWrite] = []
    private var free: [Int] = []

    subscript(place: Int) -> TrackedWrite {
        get { writes[place] }
        _modify { yield &writes[place] }
    }

    mutating func insert(_ write: TrackedWrite) -> Int {
        guard let place = free.popLast() else {
            writes.append(write)
            return writes.count - 1
        }
        writes[place] = write
        return place
    }

    /// The place may be given to another write; what it held goes then.
    mutating func release(_ place: Int) { free.append(place) }
}

/// First in, first out, without shifting the rest.
struct FreshWrites: Sendable {
    private var places: [Int] = []
    private var head = 0

    var isEmpty: Bool { head == places.count }
    var count: Int { places.count - head }

    mutating func append(_ place: Int) { places.append(place) }

    mutating func popFirst() -> Int? {
        guard head < places.count else { return nil }
        let place = places[head]
        head += 1
        if head == places.count || head >= 1024 {
            places.removeFirst(head)
            head = 0
        }
        return place
    }
}

/// Writes that wait for their next attempt, the earliest first: a binary heap.
struct RetryQueue: Sendable {
    private var heap: [(due: ContinuousClock.Instant, place: Int)] = []

    var count: Int { heap.count }
    var firstDue: ContinuousClock.Instant? { heap.first?.due }
    var first: Int? { heap.first?.place }

    mutating func insert(_ place: Int, due: ContinuousClock.Instant) {
        heap.append((due, place))
        var child = heap.count - 1
        while child > 0, heap[child].due < heap[(child - 1) / 2].due {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out those of whom that holds.
    mutating func takeAll(where isTaken: (Int) -> Bool) -> [Int] {
        guard heap.contains(where: { isTaken($0.place) }) else { return [] }
        let all = heap
        heap.removeAll(keepingCapacity: true)
        for entry in all where !isTaken(entry.place) { insert(entry.place, due: entry.due) }
        return all.map(\.place).filter(isTaken)
    }

    mutating func popFirst() -> Int? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let place = heap.removeLast().place
        var parent = 0
        while true {
            let least = [2 * parent + 1, 2 * parent + 2, parent].filter { $0 < heap.count }
                .min { heap[$0].due < heap[$1].due }
            guard let least, least != parent else { return place }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
