import MSSCore

/// Counts what concerns one of several homes, with its name.
struct HomeTally: Tally {
    let home: String
    let base: any Tally

    func count(_ event: String, _ labels: [(String, String)]) { base.count(event, labels + [("home", home)]) }

    func measure(_ event: String, _ duration: Duration, _ labels: [(String, String)]) {
        base.measure(event, duration, labels + [("home", home)])
    }
}
