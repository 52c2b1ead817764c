import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("Documents as a transaction's row holds them")
struct TaskDocumentTests {
    private static let documents = [
        TaskDocument(origin: .message, displayed: "Pay 10 €", content: Array("Pay 10 €".utf8), manner: .text),
        TaskDocument(
            origin: .document,
            reference: "",
            displayed: "",
            content: [],
            manner: SigningManner(
                kind: .digest,
                form: SigningForm(structure: .detached, attributes: AddedAttributes(mid: [1, 2], extra: [3]))
            )
        ),
        TaskDocument(
            origin: .batch,
            reference: "№ 7",
            displayed: "Contract",
            content: [0, 0xFF],
            manner: SignatureKind.fiPKCS1.manner()
        ),
    ]

    @Test("are read as they were written")
    func roundTrip() {
        for count in 0...Self.documents.count {
            let some = Array(Self.documents.prefix(count))
            #expect(TaskDocument.documents(TaskDocument.octets(of: some)) == some)
        }
    }

    @Test("are no documents, and never a trap, when octets are missing, added or others")
    func damaged() {
        let octets = TaskDocument.octets(of: Self.documents)
        let whole = Self.documents.indices.map { TaskDocument.octets(of: Array(Self.documents[...$0])).count }
        for count in 1..<octets.count where !whole.contains(count) {
            #expect(TaskDocument.documents(Array(octets[..<count])) == nil, "\(count)")
        }
        #expect(TaskDocument.documents(octets + [0]) == nil)
        for index in octets.indices {
            for bit in 0..<8 {
                var changed = octets
                changed[index] ^= 1 << bit
                if let read = TaskDocument.documents(changed) { #expect(read != Self.documents, "\(index)") }
            }
        }
        #expect(TaskDocument.documents([UInt8](repeating: 0xFF, count: 4)) == nil)
    }
}
