import MSSCore
import Testing

@Suite("Identifiers")
struct IdentifierTests {
    @Test("take a number with or without its plus", arguments: ["+358401234567", "358401234567"])
    func msisdn(text: String) throws {
        let msisdn = try #require(MSISDN(text))
        #expect(msisdn.description == "+358401234567")
        #expect(msisdn.digits == "358401234567")
    }

    @Test(
        "refuse what is no international number",
        arguments: [
            "", "+", "0401234567", "+35840", "+3584012345678901", "+35840x234567", "++358401234567", "٣٥٨٤٠١٢٣٤٥",
        ]
    )
    func notANumber(text: String) {
        #expect(MSISDN(text) == nil)
    }

    @Test("write an ICCID of 19 digits with a filler")
    func iccid() throws {
        let iccid = try #require(ICCID("8935800123456789012"))
        #expect(Hexadecimal.text(iccid.octets) == "8935800123456789012f")
        #expect(ICCID("1235800123456789012") == nil)
        #expect(ICCID("893580012345678901212") == nil)
    }

    @Test("make transaction ids of the home's prefix and 26 characters, each another")
    func transactionID() throws {
        let prefix = try #require(TransactionID.Prefix("h1"))
        let ids = (0..<1_000).map { _ in TransactionID.random(prefix: prefix) }
        #expect(Set(ids).count == ids.count)
        for id in ids {
            #expect(id.description.utf8.count == 28)
            #expect(id.prefix == "h1")
            #expect(TransactionID(id.description) == id)
        }
    }

    @Test(
        "refuse what no home can have made",
        arguments: ["", "h1", "1habcdefghijklmnopqrstuvwxyz", "h1ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    )
    func notATransactionID(text: String) {
        #expect(TransactionID(text) == nil)
    }

    @Test("keep a verify code out of every description")
    func verifyCode() throws {
        let code = try #require(VerifyCode("483920"))
        #expect(!"\(code)".contains("483920"))
        #expect(!String(reflecting: code).contains("483920"))
        var dumped = ""
        dump(code, to: &dumped)
        #expect(!dumped.contains("483920"))
        #expect(VerifyCode("12345") == nil)
    }

    @Test("keep the text to be signed out of every description of a request")
    func textIsNotDescribed() {
        let data = DataToBeSigned("Pay 10 euros")
        var dumped = ""
        dump(data, to: &dumped)
        #expect(![String(describing: data), String(reflecting: data), dumped].joined().contains("Pay"))
    }

    @Test("read a trace id and nothing like one")
    func trace() throws {
        let trace = TraceID.random()
        #expect(TraceID(trace.description) == trace)
        for text in [
            "", String(repeating: "0", count: 32), String(repeating: "g", count: 32),
            "+" + String(repeating: "1", count: 31),
        ] {
            #expect(TraceID(text) == nil)
        }
    }
}

@Suite("Hexadecimal")
struct HexadecimalTests {
    @Test("goes there and back")
    func roundTrip() {
        let octets = (0...255).map { UInt8($0) }
        #expect(Hexadecimal.octets(Hexadecimal.text(octets)) == octets)
        #expect(Hexadecimal.octets("0") == nil)
        #expect(Hexadecimal.octets("zz") == nil)
        #expect(Hexadecimal.text(UInt64(255)) == "00000000000000ff")
    }
}

@Suite("Faults")
struct FaultTests {
    @Test("have the standard's name and blame the right side", arguments: MSSFault.Code.allCases)
    func names(code: MSSFault.Code) {
        #expect(code.name.allSatisfy { $0.isUppercase || $0 == "_" })
        #expect(code.blamesSender == (code.rawValue < 109 || (701...720).contains(code.rawValue)))
    }
}
