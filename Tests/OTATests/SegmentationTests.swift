import MSSTestSupport
import OTA
import Testing

@Suite("Short messages")
struct SegmentationTests {
    private func response(_ length: Int) throws -> ResponsePacket {
        let data = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        return ResponsePacket(tar: try #require(TAR([1, 2, 3])), counter: 0x12_3456_789A, status: 0, data: data)
    }

    @Test("carry a packet of any length up to five of them, in any order, some twice")
    func reassembled() throws {
        var order = DamagedOctets(seed: 5)
        for length in stride(from: 0, through: 655, by: 5) {
            let packet = try response(length)
            let parts = try packet.segments(reference: 9)
            #expect(parts.allSatisfy { $0.count <= 140 })
            #expect(parts.dropLast().allSatisfy { $0.count == 140 })
            if parts.count == 1 {
                let only = try UserData(parts[0])
                #expect(only.part == nil && only.octets == packet.octets)
                continue
            }
            var reassembly = Reassembly(total: parts.count)
            var whole: Reassembly.Progress?
            for part in (parts + parts.prefix(2)).shuffled(using: &order) {
                let data = try UserData(part)
                #expect(data.part?.reference == 9 && data.part?.total == parts.count)
                let progress = try reassembly.add(data)
                whole = progress == .incomplete ? whole : progress
            }
            #expect(whole == .complete(identifier: Segmentation.response, packet: packet.octets))
        }
    }

    @Test(
        "are as many as the capacity of the standard says",
        arguments: [(124, 1), (125, 2), (253, 2), (387, 3), (655, 5)]
    )
    func capacity(_ length: Int, _ messages: Int) throws {
        #expect(try response(length).segments(reference: 1).count == messages)
    }

    @Test("do not carry more than five of them hold")
    func tooLong() throws {
        #expect(throws: OTAError.tooLong) { try response(656).segments(reference: 1) }
        #expect(throws: OTAError.tooLong) { try response(100_000).segments(reference: 1) }
    }

    @Test("of two packets do not make one")
    func mixed() throws {
        let first = try response(200).segments(reference: 1)
        let other = try response(600).segments(reference: 1)
        var reassembly = Reassembly(total: first.count)
        #expect(try reassembly.add(try UserData(first[0])) == .incomplete)
        #expect(throws: OTAError.malformed) { try reassembly.add(try UserData(other[1])) }
        var changed = first[0]
        changed[20] ^= 1
        #expect(throws: OTAError.malformed) { try reassembly.add(try UserData(changed)) }
        #expect(throws: OTAError.malformed) { try reassembly.add(try UserData([2, 0x71, 0, 1, 2, 3])) }
        var nothing = Reassembly(total: 0)
        #expect(throws: OTAError.malformed) { try nothing.add(try UserData(first[0])) }
    }

    @Test("with references of 16 bits carry a packet as well, an octet less in each")
    func wide() throws {
        for length in [125, 251, 252, 650, 651] {
            let packet = try response(length)
            guard length <= 650 else {
                #expect(throws: OTAError.tooLong) { try packet.segments(reference: .wide(1)) }
                continue
            }
            let parts = try packet.segments(reference: .wide(0x1234))
            #expect(parts.allSatisfy { $0.count <= 140 } && parts.dropLast().allSatisfy { $0.count == 140 })
            #expect(parts.count == (length == 650 ? 5 : length == 252 ? 3 : 2))
            var reassembly = Reassembly(total: parts.count)
            var whole: Reassembly.Progress?
            for part in parts.reversed() {
                let data = try UserData(part)
                #expect(data.part?.reference == 0x1234)
                whole = try reassembly.add(data)
            }
            #expect(whole == .complete(identifier: Segmentation.response, packet: packet.octets))
        }
    }

    @Test("that came to several processes are put together from what each stored, in any order, some twice")
    func stored() throws {
        var order = DamagedOctets(seed: 6)
        for reference in [SegmentReference.octet(9), .wide(0x1234)] {
            let packet = try response(600)
            let parts = try packet.segments(reference: reference).map { try UserData($0) }
            for part in parts { #expect(try UserData(part.stored) == part) }
            let kept = parts.map(\.stored)
            let whole = Reassembly.Progress.complete(identifier: Segmentation.response, packet: packet.octets)
            for _ in 0..<20 {
                let some = (kept + kept.prefix(3)).shuffled(using: &order)
                #expect(try Reassembly.whole(of: some) == whole)
            }
            for index in kept.indices {
                var missing = kept
                missing.remove(at: index)
                #expect(try Reassembly.whole(of: missing) == .incomplete)
            }
            var reassembly = Reassembly(total: parts.count)
            for part in parts.reversed() { _ = try reassembly.add(part) }
            #expect(reassembly.stored == kept)
        }
        let only = try UserData(try response(10).segments(reference: 1)[0])
        #expect(try UserData(only.stored) == only)
    }

    @Test("of two packets, damaged or none, do not make one from storage")
    func storedMixed() throws {
        let first = try response(200).segments(reference: 1).map { try UserData($0).stored }
        let other = try response(200).segments(reference: 2).map { try UserData($0).stored }
        let longer = try response(300).segments(reference: 1).map { try UserData($0).stored }
        let bad = [[], [first[0], other[1]], [first[0], longer[1]], [[]], [first[0], []], [[2, 0x71, 0, 1, 2]]]
        for parts in bad { #expect(throws: OTAError.malformed) { try Reassembly.whole(of: parts) } }
        // Two parts that each claim to be another kind of packet's.
        let command: [[UInt8]] = [[7, 0, 3, 1, 2, 1, 0x70, 0, 1], [7, 0, 3, 1, 2, 2, 0x71, 0, 2]]
        #expect(throws: OTAError.malformed) { try Reassembly.whole(of: command) }
        // A copy without the kind: refused whichever came first.
        let named: [UInt8] = [7, 0, 3, 1, 1, 1, 0x70, 0, 1]
        let nameless: [UInt8] = [5, 0, 3, 1, 1, 1, 1]
        #expect(throws: OTAError.malformed) { try Reassembly.whole(of: [named, nameless]) }
        #expect(throws: OTAError.malformed) { try Reassembly.whole(of: [nameless, named]) }
        var damage = DamagedOctets(seed: 7)
        for _ in 0..<5_000 { _ = try? Reassembly.whole(of: [damage.like(first[0]), damage.like(first[1])]) }
    }

    @Test("without the packet's kind in any of them make none")
    func nameless() throws {
        var reassembly = Reassembly(total: 2)
        #expect(try reassembly.add(try UserData([5, 0, 3, 1, 2, 1, 0xAA])) == .incomplete)
        #expect(throws: OTAError.malformed) { try reassembly.add(try UserData([5, 0, 3, 1, 2, 2, 0xBB])) }
    }

    @Test("have a header that must fit")
    func headers() throws {
        let malformed: [[UInt8]] = [
            [], [1], [3, 0x70], [1, 0x70, 9], [2, 0x70, 1], [4, 0, 2, 1, 2], [5, 0, 3, 1, 0, 0], [5, 0, 3, 1, 2, 0],
            [5, 0, 3, 1, 2, 3], [5, 0, 3, 1, 6, 1], [5, 8, 3, 1, 2, 1], [6, 8, 4, 1, 2, 3, 4], [255],
        ]
        for octets in malformed { #expect(throws: OTAError.malformed, "\(octets)") { try UserData(octets) } }
        #expect(try UserData([5, 0, 3, 1, 2, 1, 0x70]).octets == [0x70])
        #expect(try UserData([0]).octets.isEmpty)
        let long = try UserData([6, 8, 4, 0x12, 0x34, 3, 2, 0xAA])
        #expect(long.part?.reference == 0x1234 && long.part?.total == 3 && long.part?.index == 2)
        // Elements that are not ours are passed over.
        #expect(try UserData([5, 0x24, 1, 7, 0x71, 0, 0xAA]).packetIdentifier == Segmentation.response)
    }

    @Test("hold a header or are refused, and are put together or refused, whatever the octets")
    func fuzz() throws {
        let samples = try response(400).segments(reference: 3) + response(40).segments(reference: 3)
        var damage = DamagedOctets(seed: 40)
        var reassembly = Reassembly(total: 4)
        for round in 0..<10_000 {
            let octets = round.isMultiple(of: 4) ? damage.octets(upTo: 40) : damage.like(samples[round % samples.count])
            guard let data = try? UserData(octets) else { continue }
            #expect(data.octets.count < octets.count)
            if let part = data.part { #expect((1...5).contains(part.total) && (1...part.total).contains(part.index)) }
            if let done = try? reassembly.add(data), done != .incomplete { reassembly = Reassembly(total: 4) }
        }
        for sample in samples { for cut in DamagedOctets.truncations(of: sample) { _ = try? UserData(cut) } }
    }
}
