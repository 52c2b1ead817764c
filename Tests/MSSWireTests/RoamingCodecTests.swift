import Foundation
import MSSCore
import MSSTestSupport
import Testing

@_spi(Octets) @testable import MSSWire

@Suite("The header block RoamingHeader")
struct RoamingCodecTests {
    private static let header = RoamingHeader(
        entries: [
            RoamingHeader.Entry(
                role: .acquiringEntity,
                sender: MeshMember(uri: "urn:mssp:test:ae?a=1&b=<2>"),
                transactionID: "AEd2u5",
                instant: Date(timeIntervalSince1970: 1_767_225_600.25),
                timeOut: 59
            ),
            RoamingHeader.Entry(
                role: .routingEntity,
                sender: MeshMember(dnsName: "re.example", ipAddress: "192.0.2.1", identifier: "re"),
                transactionID: "RE-1",
                instant: Date(timeIntervalSince1970: 1_767_225_601),
                timeOut: 0
            ),
        ],
        home: MeshMember(uri: "urn:mssp:test:home")
    )

    private static func seed() throws -> [UInt8] {
        try [UInt8](Data(contentsOf: BuiltProducts.packageRoot.appending(path: "Tests/Fuzz/Seeds/soap/roaming.xml")))
    }

    /// A status request with one thing of its header changed.
    private func refusal(_ old: String, _ new: String) throws -> WireRefusal {
        let text = Written.text(try Self.seed())
        try #require(text.contains(old))
        return try #require(throws: WireRefusal.self) {
            try SOAPReader.request(Array(text.replacing(old, with: new).utf8), roams: true)
        }
    }

    @Test("comes back from a request and from an answer in both versions as it was written")
    func roundTrip() throws {
        var mesh = Written.mesh
        mesh.roaming = Self.header
        let request = StatusCodec.encodeRequest(Sample.status("h1"), mesh)
        #expect(try SOAPReader.request(request, roams: true).roaming == Self.header)
        var shape = SOAPShape.plain
        shape.roaming = Self.header
        for version in [SOAPShape.Version.v12, .v11] {
            shape.version = version
            let response = SignatureCodec.encodeResponse(Written.response(), shape)
            let fault = FaultCodec.encode(MSSFault(.wrongParam), shape, trace: .random(), inMesh: true)
            for octets in [response, fault] {
                var read: RoamingHeader?
                _ = try SOAPReader.response(octets, to: .signature) { read = $0 }
                #expect(read == Self.header)
            }
        }
    }

    @Test("is read as others write it")
    func foreign() throws {
        let read = try #require(try SOAPReader.request(Self.seed(), roams: true).roaming)
        #expect(read.home?.uri == "urn:mssp:test:home")
        #expect(read.entries.map(\.transactionID) == ["AEd2u5"])
        #expect(read.entries.first?.instant == Date(timeIntervalSince1970: 1_767_218_400.25))
        #expect(read.entries.first?.role == .acquiringEntity && read.entries.first?.timeOut == 59)
    }

    @Test("must be understood, and is not where nobody asked for it")
    func notUnderstood() throws {
        let refusal = try #require(throws: WireRefusal.self) { try SOAPReader.request(Self.seed()) }
        #expect(refusal.isMustUnderstand && refusal.fault.code == .incompatibleInterface)
        let text = Written.text(try Self.seed()).replacing(#"s:mustUnderstand="true""#, with: "")
        #expect(try SOAPReader.request(Array(text.utf8)).roaming == nil)
    }

    @Test(
        "is refused with the name of what is wrong",
        arguments: [
            (#"MajorVersion="1" MinorVersion="1"><msrs:RE"#, #"MajorVersion="2" MinorVersion="1"><msrs:RE"#, 108),
            ("2026-01-01T00:00:00.250+02:00", "yesterday", 101), (#"TimeOut="59""#, #"TimeOut="-1""#, 101),
            (#"TimeOut="59""#, #"TimeOut="86401""#, 101), (#"TimeOut="59""#, "", 101),
            ("role_AcquiringEntity", "role_King", 101), (#"RE_TransactionID="AEd2u5""#, "", 102),
            ("AEd2u5", String(repeating: "a", count: 65), 103), ("AEd2u5", "a b", 101),
            ("urn:mssp:test:ae", String(repeating: "a", count: 513), 103), ("msrs:RE_Sender ", "msrs:RE_Nobody ", 101),
            ("</msrs:CommonHeader>", "</msrs:CommonHeader><msrs:CommonHeader/>", 101),
        ]
    )
    func refused(old: String, new: String, code: Int) throws {
        guard old != "msrs:RE_Sender " else {
            let text = Written.text(try Self.seed()).replacing("msrs:RE_Sender ", with: "msrs:RE_Nobody ")
                .replacing("</msrs:RE_Sender>", with: "</msrs:RE_Nobody>")
            let refusal = try #require(throws: WireRefusal.self) {
                try SOAPReader.request(Array(text.utf8), roams: true)
            }
            #expect(refusal.fault.code == .missingParam)
            return
        }
        let fault = try refusal(old, new).fault
        #expect(fault.code.rawValue == code && fault.detail != nil, "\(fault)")
    }

    @Test("has eight entries at most, and stands once")
    func bounds() throws {
        let text = Written.text(try Self.seed())
        let entry = try #require(text.firstRange(of: /<msrs:RoamingHeaderEntry.*<\/msrs:RoamingHeaderEntry>/))
        let eight = text.replacingCharacters(in: entry, with: String(repeating: String(text[entry]), count: 8))
        #expect(try SOAPReader.request(Array(eight.utf8), roams: true).roaming?.entries.count == 8)
        let nine = text.replacingCharacters(in: entry, with: String(repeating: String(text[entry]), count: 9))
        let long = try #require(throws: WireRefusal.self) { try SOAPReader.request(Array(nine.utf8), roams: true) }
        #expect(long.fault.code == .wrongDataLength)
        let block = try #require(text.firstRange(of: /<msrs:RoamingHeader .*<\/msrs:RoamingHeader>/))
        let twice = text.replacingCharacters(in: block, with: String(repeating: String(text[block]), count: 2))
        #expect(throws: WireRefusal.self) { try SOAPReader.request(Array(twice.utf8), roams: true) }
    }

    @Test("stands every cut and every flipped bit: what is taken goes on as it came")
    func damaged() throws {
        let octets = try Self.seed()
        #expect(RequestOctets.soap(octets) == .taken)
        for cut in DamagedOctets.truncations(of: octets) { #expect(RequestOctets.soap(cut) == .refused) }
        var taken = 0
        for flipped in DamagedOctets.bitFlips(of: octets) {
            let outcome = RequestOctets.soap(flipped)
            #expect(outcome != .changed, "\(Written.text(flipped))")
            if outcome == .taken { taken += 1 }
        }
        #expect(taken > 0 && taken < octets.count * 8)
    }
}
