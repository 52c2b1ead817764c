import Foundation
import MSSTestSupport
import Testing

@testable import DevelopmentCA

@Suite("The development CA's journal")
struct JournalTests {
    private let pki: ThrowawayPKI
    private let directory: String

    init() throws {
        pki = try ThrowawayPKI()
        directory = pki.path("state")
    }

    @Test("what was noted is there for the next start")
    func noted() throws {
        do {
            let journal = try Journal(directory: directory)
            #expect(journal.issued([1, 0xAB], certificate: [0x30, 0]))
            #expect(journal.revoked([1, 0xAB]))
            #expect(journal.issued([2], certificate: [0x30, 0]))
        }
        #expect(try Journal(directory: directory).revocations.map(\.serialNumber) == [[1, 0xAB]])
        let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/journal")
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test("a last line that was not written to its end is forgotten")
    func tornLine() throws {
        let whole = "issued 1767225600 01ab MAA=\nrevoked 1767225700 01ab\n"
        for torn in ["", "r", "revoked 1767225700 02", "issued 1767225600 02 MAA="] {
            _ = try Journal(directory: directory)
            try pki.write(Array((whole + torn).utf8), to: "state/journal")
            let journal = try Journal(directory: directory)
            #expect(journal.revocations.map(\.serialNumber) == [[1, 0xAB]])
            #expect(journal.revoked([3]))
            let text = String(decoding: try pki.octets("state/journal"), as: UTF8.self)
            #expect(text.hasPrefix(whole + "revoked ") && text.hasSuffix(" 03\n"))
        }
    }

    @Test(
        "a line that is none stops the start, and is named",
        arguments: [
            "x\n", "revoked now 01\n", "revoked 1 xy\n", "revoked 1 012\n", "revoked 1 \n", "\0\n",
            "revoked 1 000102030405060708090a0b0c0d0e0f1011121314\n", "issued 1\n",
        ]
    )
    func damagedLine(line: String) throws {
        _ = try Journal(directory: directory)
        try pki.write(Array(("issued 1767225600 01ab MAA=\n" + line).utf8), to: "state/journal")
        let error = #expect(throws: AuthorityError.self) { try Journal(directory: directory) }
        #expect(error?.description.hasSuffix("journal:2 is not a line of a journal") == true)
    }
}
