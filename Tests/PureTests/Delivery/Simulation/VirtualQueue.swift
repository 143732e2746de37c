/// What is to happen, the earliest first; what was inserted first goes first at the same time.
struct VirtualQueue<Element> {
    private var heap: [(time: Double, number: Int, element: Element)] = []
    private var inserted = 0

    var count: Int { heap.count }
    var firstTime: Double? { heap.first?.time }

    mutating func insert(_ element: Element, at time: Double) {
        inserted += 1
        heap.append((time, inserted, element))
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> (time: Double, element: Element)? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            let (left, right) = (2 * parent + 1, 2 * parent + 2)
            var least = parent
            if left < heap.count, isBefore(left, least) { least = left }
            if right < heap.count, isBefore(right, least) { least = right }
            if least == parent { return (first.time, first.element) }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        (heap[one].time, heap[one].number) < (heap[other].time, heap[other].number)
    }
}
