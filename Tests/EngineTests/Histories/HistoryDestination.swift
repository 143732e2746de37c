import SyncCore

/// The destination as one process reaches it: an answer may be lost, a request refused, or applied long after anyone
/// waited for it.
struct HistoryDestination: Destination {
    let process: HistoryProcess
    var identity: DestinationIdentity { HistoryShape.identity }

    func probe() async throws(DestinationFailure) -> String { "" }

    func deliver(from feed: any WriteFeed, maximumInFlight: Int) async throws(DestinationFailure) {
        let exchange = HistoryExchange(feed, maximumInFlight: maximumInFlight, process: process)
        process.delivers(exchange)
        var isStuck = false
        while !exchange.isOver {
            await process.runner.quiet()
            await process.interlude(exchange)
            process.deliveryEvent()
            if Task.isCancelled || process.isDead {
                exchange.abandon()
                break
            }
            let didSomething = exchange.goOn()
            if isStuck, !didSomething, !exchange.isOver {
                process.history.violate("the feed has nothing to send, nothing in flight, and does not end")
                process.die("is stuck")
            }
            isStuck = !didSomething
        }
        process.delivers(nil)
    }
}
