import Foundation
import MSSCore
import Testing

@Suite("The offset of another clock")
struct ClockOffsetTests {
    private let clock = ClockOffset()
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func note(_ offset: TimeInterval, took: TimeInterval = 0, resolution: TimeInterval = 0) {
        let told = now.addingTimeInterval(took / 2 + offset)
        let kept = resolution > 0 ? (told.timeIntervalSince1970 / resolution).rounded(.down) * resolution : nil
        clock.note(
            kept.map { Date(timeIntervalSince1970: $0) } ?? told,
            resolution: resolution,
            asked: now,
            answered: now.addingTimeInterval(took)
        )
    }

    @Test("is unknown and sound before there was an answer")
    func unknown() {
        #expect(clock.seconds == nil && clock.isSound)
    }

    @Test("is what neither the way nor the resolution explains", arguments: [-1.0, 1.0])
    func certain(_ sign: TimeInterval) throws {
        note(sign * 2.5)
        #expect(clock.seconds == sign * 2.5 && !clock.isSound)
        note(sign * 2.5, took: 0.8)
        #expect(abs(try #require(clock.seconds) - sign * 2.1) < 0.001)
        note(sign * 2.5, took: 0.2, resolution: 1)
        let seconds = try #require(clock.seconds)
        #expect(sign * seconds > 1.3 && sign * seconds < 2.5)
        note(sign * 0.3, took: 0.4, resolution: 1)
        #expect(abs(try #require(clock.seconds)) < 0.31 && clock.isSound)
    }

    @Test("is not told by an answer that took long, or that came before its question")
    func slow() {
        note(9, took: 1.1)
        note(9, took: -0.1)
        #expect(clock.seconds == nil)
    }
}
