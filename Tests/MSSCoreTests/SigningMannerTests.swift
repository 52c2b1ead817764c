import MSSCore
import Testing

@Suite("The manner of a signature")
struct SigningMannerTests {
    @Test("is read as it was written, for every kind and form")
    func roundTrip() {
        let attributes: [AddedAttributes?] = [
            nil, AddedAttributes(), AddedAttributes(mid: [1]), AddedAttributes(extra: [2, 3]),
            AddedAttributes(mid: [UInt8](repeating: 7, count: 300), extra: [UInt8](repeating: 8, count: 300)),
        ]
        var seen: Set<[UInt8]> = []
        for kind in SigningManner.Kind.allCases {
            for structure in SigningForm.Structure.allCases {
                for added in attributes {
                    let form = SigningForm(structure: structure, attributes: added)
                    let manner = SigningManner(kind: kind, form: form)
                    #expect(SigningManner(manner.octets) == manner)
                    seen.insert(manner.octets)
                }
            }
        }
        #expect(seen.count == 5 * 3 * 5)
        for kind in SignatureKind.allCases {
            let manner = kind.manner(adding: AddedAttributes(mid: [1]))
            #expect(SigningManner(manner.octets) == manner)
            #expect(manner.bringsCertificate == (kind == .fiPKCS1))
        }
    }

    @Test(
        "is none where octets are missing or unknown",
        arguments: [
            [], [1], [0, 1], [6, 1], [1, 0], [1, 5], [1, 4, 0, 0], [1, 1, 0], [1, 1, 0, 1], [1, 1, 0xFF, 0xFF, 1],
        ]
            as [[UInt8]]
    )
    func damaged(_ octets: [UInt8]) {
        #expect(SigningManner(octets) == nil)
    }

    @Test("makes of octets the content that they are")
    func content() {
        #expect(SigningManner.text.content([1]) == .utf8([1]))
        #expect(SigningManner(kind: .digest, form: .standard).content([1]) == .digest([1]))
        #expect(SigningManner(kind: .binary, form: .standard).content([1]) == .binary([1]))
    }
}
