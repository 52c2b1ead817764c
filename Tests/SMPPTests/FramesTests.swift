import SMPP
import Testing

@Suite("Frames")
struct FramesTests {
    @Test("units come out whole, however the stream is cut", arguments: [1, 3, 15, 16, 17, 64, 10_000])
    func cuts(size: Int) throws {
        let unit = ProtocolUnitTests.submit
        let stream = Array((0..<300).map { _ in unit }.joined())
        var frames = Frames()
        var count = 0
        for start in stride(from: 0, to: stream.count, by: size) {
            frames.append(stream[start..<min(start + size, stream.count)])
            while let frame = try frames.next() {
                #expect(frame == unit)
                count += 1
            }
        }
        #expect(count == 300)
        #expect(try frames.next() == nil)
    }

    @Test("the longest unit is taken, a longer one is refused before it is waited for")
    func longest() throws {
        var frames = Frames()
        frames.append([0, 1, 0, 0] + [UInt8](repeating: 0, count: 65_532))
        #expect(try frames.next()?.count == 65_536)
        frames.append([0, 1, 0, 1] + [UInt8](repeating: 0, count: 12))
        #expect(throws: SMPPError.length(65_537)) { try frames.next() }
    }

    @Test("a length that holds no header is refused", arguments: [0, 1, 15] as [UInt8])
    func tooShort(length: UInt8) {
        var frames = Frames()
        frames.append([0, 0, 0, length] + [UInt8](repeating: 0, count: 12))
        #expect(throws: SMPPError.length(UInt32(length))) { try frames.next() }
    }
}
