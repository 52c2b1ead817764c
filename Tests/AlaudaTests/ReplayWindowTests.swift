import Alauda
import MSSTestSupport
import Testing

@Suite("The window of uplink counters")
struct ReplayWindowTests {
    /// A window that judges within an expectation.
    private final class Judge {
        var window = ReplayWindow()
        var highest: UInt32 { window.highest }
        var octets: [UInt8] { window.octets }
        var isDueForRollover: Bool { window.isDueForRollover }

        func judge(counter: UInt32, checksum: [UInt8]) -> ReplayWindow.Verdict {
            window.judge(counter: counter, checksum: checksum)
        }
    }

    private func checksum(_ value: UInt8) -> [UInt8] { [UInt8](repeating: value, count: 8) }

    @Test("accepts each counter once, gaps and overtaking included")
    func accepts() {
        let window = Judge()
        for counter: UInt32 in [1, 5, 3, 2, 36, 7] {
            #expect(window.judge(counter: counter, checksum: checksum(1)) == .accepted)
            #expect(window.judge(counter: counter, checksum: checksum(1)) == .duplicate)
        }
        #expect(window.highest == 36)
    }

    @Test("tells the same frame from another one under its counter")
    func clone() {
        let window = Judge()
        #expect(window.judge(counter: 9, checksum: checksum(1)) == .accepted)
        let before = window.window
        #expect(window.judge(counter: 9, checksum: checksum(2)) == .cloneSuspected)
        #expect(window.window == before)
        #expect(ReplayWindow.Verdict.cloneSuspected.isAlarming && ReplayWindow.Verdict.farBehind.isAlarming)
        #expect(!ReplayWindow.Verdict.duplicate.isAlarming && !ReplayWindow.Verdict.accepted.isAlarming)
    }

    @Test("is 32 wide: what is further behind is suspicious, and so is a counter of 0")
    func width() {
        let window = Judge()
        #expect(window.judge(counter: 0, checksum: checksum(1)) == .farBehind)
        #expect(window.judge(counter: 100, checksum: checksum(1)) == .accepted)
        #expect(window.judge(counter: 68, checksum: checksum(1)) == .farBehind)
        #expect(window.judge(counter: 69, checksum: checksum(1)) == .accepted)
        #expect(window.judge(counter: 101, checksum: checksum(1)) == .accepted)
        #expect(window.judge(counter: 69, checksum: checksum(1)) == .farBehind)
        #expect(window.judge(counter: 0, checksum: checksum(1)) == .farBehind)
    }

    @Test("goes up to the last counter, and says from half of them on that the key is to be rolled")
    func end() {
        let window = Judge()
        #expect(window.judge(counter: 0x7FFF_FFFF, checksum: checksum(1)) == .accepted)
        #expect(!window.isDueForRollover)
        #expect(window.judge(counter: 0x8000_0000, checksum: checksum(1)) == .accepted)
        #expect(window.isDueForRollover)
        #expect(window.judge(counter: .max, checksum: checksum(1)) == .accepted)
        #expect(window.judge(counter: .max, checksum: checksum(1)) == .duplicate)
        #expect(window.judge(counter: .max - 31, checksum: checksum(1)) == .accepted)
    }

    @Test("comes back from storage as it went, and not from anything else")
    func storage() throws {
        var window = ReplayWindow()
        #expect(ReplayWindow(window.octets) == window)
        var damage = DamagedOctets(seed: 32)
        for _ in 0..<500 {
            let counter = window.highest &+ UInt32.random(in: 0...6, using: &damage)
            _ = window.judge(counter: max(counter, 3) - 2, checksum: checksum(UInt8(counter & 0xFF)))
            #expect(ReplayWindow(window.octets) == window)
        }
        #expect(window.octets.count <= 8 + 32 * 8)
        for cut in DamagedOctets.truncations(of: window.octets) { #expect(ReplayWindow(cut) == nil) }
        for _ in 0..<10_000 {
            guard let read = ReplayWindow(damage.like(window.octets)) else { continue }
            #expect(ReplayWindow(read.octets) == read)
        }
        // A bit for a counter below the first one; the highest not seen itself.
        #expect(ReplayWindow([0, 0, 0, 1, 0xC0, 0, 0, 0] + checksum(1) + checksum(2)) == nil)
        #expect(ReplayWindow([0, 0, 0, 5, 0x40, 0, 0, 0] + checksum(1)) == nil)
    }

    @Test("says of any row of counters what a list of all of them says")
    func model() {
        var damage = DamagedOctets(seed: 5)
        let window = Judge()
        var all: [UInt32: UInt8] = [:]
        for _ in 0..<20_000 {
            let highest = all.keys.max() ?? 0
            let far = UInt32.random(in: 0...45, using: &damage)
            let counter = Bool.random(using: &damage) ? highest + far / 8 : highest - min(highest, far)
            let value = UInt8.random(in: 0...1, using: &damage)
            let expected: ReplayWindow.Verdict =
                if counter == 0 || counter + 32 <= highest {
                    .farBehind
                } else if let known = all[counter] {
                    known == value ? .duplicate : .cloneSuspected
                } else {
                    .accepted
                }
            #expect(window.judge(counter: counter, checksum: checksum(value)) == expected)
            if expected == .accepted { all[counter] = value }
        }
    }
}
