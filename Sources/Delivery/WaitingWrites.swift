import SyncCore

/// A write on its way to its outcome.
struct TrackedWrite: Sendable {
    var write: PlannedWrite
    /// Times it was handed out.
    var tries = 0
    /// Times it left: a try that never connected is none.
    var exchanges = 0
    var mayHaveBeenApplied = false
    var lastAnswer: String?
    /// Tokens that the try in flight has borrowed, or the next one will; 0 for the first.
    var retryCost = 0

    init(_ write: PlannedWrite) { self.write = write }
}

/// First in, first out, without shifting the rest.
struct FreshWrites: Sendable {
    private var items: [TrackedWrite?] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }
    var count: Int { items.count - head }

    mutating func append(_ item: TrackedWrite) { items.append(item) }

    mutating func popFirst() -> TrackedWrite? {
        guard head < items.count else { return nil }
        let item = items[head].take()
        head += 1
        if head == items.count || head >= 1024 {
            items.removeFirst(head)
            head = 0
        }
        return item
    }
}

/// Writes that wait for their next attempt, the earliest first: a binary heap.
struct RetryQueue: Sendable {
    private var heap: [(due: ContinuousClock.Instant, item: TrackedWrite)] = []

    var count: Int { heap.count }
    var firstDue: ContinuousClock.Instant? { heap.first?.due }
    /// Tokens that the earliest needs.
    var firstCost: Int? { heap.first?.item.retryCost }

    mutating func insert(_ item: TrackedWrite, due: ContinuousClock.Instant) {
        heap.append((due, item))
        var child = heap.count - 1
        while child > 0, heap[child].due < heap[(child - 1) / 2].due {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out those that need more tokens than so many.
    mutating func takeAll(costing isTooMuch: (Int) -> Bool) -> [TrackedWrite] {
        guard heap.contains(where: { isTooMuch($0.item.retryCost) }) else { return [] }
        let all = heap
        heap.removeAll(keepingCapacity: true)
        for entry in all where !isTooMuch(entry.item.retryCost) { insert(entry.item, due: entry.due) }
        return all.map(\.item).filter { isTooMuch($0.retryCost) }
    }

    mutating func popFirst() -> TrackedWrite? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let item = heap.removeLast().item
        var parent = 0
        while true {
            let least = [2 * parent + 1, 2 * parent + 2, parent].filter { $0 < heap.count }
                .min { heap[$0].due < heap[$1].due }
            guard let least, least != parent else { return item }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
