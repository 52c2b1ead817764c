import Testing

@testable import SIMLink

@Suite("Pace")
struct PaceTests {
    private let start = ContinuousClock.now

    /// How many leave in a second that begins at an instant, asked every millisecond.
    private func count(_ pace: inout Pace, from begin: ContinuousClock.Instant, most: Int = .max) -> Int {
        var count = 0
        for millisecond in 0..<1_000 {
            let now = begin + .milliseconds(millisecond)
            while count < most, pace.leave(now) { count += 1 }
            if count >= most { break }
        }
        return count
    }

    @Test("nothing holds submissions back before the message centre complains")
    func free() {
        var pace = Pace(most: nil, now: start)
        let left = count(&pace, from: start, most: 10_000)
        #expect(left == 10_000)
        #expect(!pace.isLowered)
    }

    @Test("a complaint pauses, halves what left in a second, and is forgotten step by step")
    func complaint() throws {
        var pace = Pace(most: nil, now: start)
        for index in 0..<400 { #expect(pace.leave(start + .milliseconds(index * 2)) == true) }
        let complaint = start + .milliseconds(800)
        pace.complained(isQueueFull: false, complaint)
        #expect(pace.rate == 200 && pace.isLowered)
        #expect(pace.leave(complaint + .milliseconds(199)) == false)
        let resumed = complaint + .milliseconds(200)
        let first = count(&pace, from: resumed)
        #expect((195...255).contains(first))
        let second = count(&pace, from: resumed + .seconds(1))
        #expect(second > first)
        for step in 2...20 { _ = count(&pace, from: resumed + .seconds(step), most: 5) }
        #expect(!pace.isLowered && pace.rate == nil)
    }

    @Test("a burst of complaints is one; the next ones in a row pause longer, up to ten seconds")
    func burst() throws {
        var pace = Pace(most: nil, now: start)
        for _ in 0..<100 { _ = pace.leave(start) }
        for _ in 0..<100 { pace.complained(isQueueFull: true, start) }
        #expect(pace.rate == 50)
        var now = start
        for pause in [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000] {
            #expect(pace.leave(now + .milliseconds(pause - 1)) == false)
            now = now + .milliseconds(pause)
            #expect(pace.leave(now) == true)
            pace.complained(isQueueFull: true, now)
        }
        #expect(try #require(pace.rate) >= Pace.slowest)
        pace.accepted()
        let later = now + .seconds(10)
        #expect(pace.leave(later) == true)
        pace.complained(isQueueFull: false, later)
        #expect(pace.leave(later + .milliseconds(199)) == false)
        #expect(pace.leave(later + .milliseconds(201)) == true)
    }

    @Test("a configured rate is never passed, and is what a complaint recovers to")
    func configured() {
        var pace = Pace(most: 40, now: start)
        let first = count(&pace, from: start)
        #expect((40...51).contains(first))
        let complaint = start + .seconds(1)
        pace.complained(isQueueFull: false, complaint)
        #expect(pace.rate == 20 && pace.isLowered)
        _ = pace.leave(complaint + .seconds(30))
        #expect(pace.rate == 40 && !pace.isLowered)
        let second = count(&pace, from: complaint + .seconds(31))
        #expect((40...51).contains(second))
    }

    @Test("a clock that stands still or a day that passes harms nothing")
    func clocks() {
        var pace = Pace(most: nil, now: start)
        pace.complained(isQueueFull: false, start)
        #expect(pace.rate == Pace.slowest)
        #expect(pace.leave(start) == false)
        #expect(pace.leave(start - .seconds(5)) == false)
        #expect(pace.leave(start + .seconds(86_400)) == true)
    }
}
