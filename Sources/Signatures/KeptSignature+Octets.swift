import Foundation
import MSSCore

extension KeptSignature {
    private static let version: UInt8 = 1

    /// As it is sealed and stored.
    ///
    /// Numbers are in base 128, the lower digits first. A string of octets has its length, doubled, before it; an odd
    /// number instead says that it stands in the signature, and its place follows.
    public func encoded() -> [UInt8] {
        var writer = KeptWriter(signature: signature)
        writer.octet(Self.version)
        writer.octets(signature)
        let names = [
            asked.transaction, asked.provider, asked.providerTransaction, asked.instant, asked.acquiringEntity,
        ]
        for text in names + [algorithm.rawValue] { writer.octets(Array(text.utf8)) }
        writer.content(content)
        writer.octets(asked.request, around: content.octets)
        writer.octets(command, around: content.octets)
        writer.octets(Array(form.structure.rawValue.utf8))
        writer.octet(form.attributes == nil ? 0 : 1)
        writer.octets(form.attributes?.mid ?? [])
        writer.octets(form.attributes?.extra ?? [])
        writer.number(UInt64(certificates.count))
        for certificate in certificates { writer.octets(certificate) }
        writer.number(UInt64(proofs.count))
        for proof in proofs {
            writer.octet(proof.kind == .list ? 0 : 1)
            writer.octets(proof.digest)
        }
        writer.time(times.asked)
        writer.time(times.sent)
        writer.time(times.answered)
        writer.number(UInt64(max(0, status)))
        return writer.written
    }

    /// Reads what ``encoded()`` wrote.
    ///
    /// - Throws: ``SignatureError`` for anything else.
    public init(decoding octets: [UInt8]) throws(SignatureError) {
        var reader = KeptReader(octets)
        guard try reader.octet() == Self.version else { throw KeptReader.malformed }
        reader.signature = try reader.octets()
        var texts: [String] = []
        for _ in 0..<6 { texts.append(try reader.text()) }
        guard let algorithm = SigningAlgorithm(rawValue: texts[5]) else { throw KeptReader.malformed }
        let content = try reader.content()
        let request = try reader.parts()
        let command = try reader.parts()
        guard let structure = SigningForm.Structure(rawValue: try reader.text()) else { throw KeptReader.malformed }
        let hasAttributes = try reader.octet() == 1
        let attributes = AddedAttributes(mid: try reader.octets(), extra: try reader.octets())
        var certificates: [[UInt8]] = []
        for _ in 0..<(try reader.count()) { certificates.append(try reader.octets()) }
        var proofs: [ProofName] = []
        for _ in 0..<(try reader.count()) {
            let kind: RevocationProof.Kind = try reader.octet() == 0 ? .list : .answer
            proofs.append(ProofName(kind: kind, digest: try reader.octets()))
        }
        guard let asked = try reader.time(), case let sent = try reader.time(), let answered = try reader.time() else {
            throw KeptReader.malformed
        }
        let status = try reader.number()
        guard reader.isAtEnd else { throw KeptReader.malformed }
        self.init(
            EvidenceRecord.Asked(
                transaction: texts[0],
                provider: texts[1],
                providerTransaction: texts[2],
                instant: texts[3],
                acquiringEntity: texts[4],
                request: request
            ),
            command: command,
            content: content,
            form: SigningForm(structure: structure, attributes: hasAttributes ? attributes : nil),
            algorithm: algorithm,
            signature: reader.signature,
            certificates: certificates,
            proofs: proofs,
            times: EvidenceRecord.Times(asked: asked, sent: sent, answered: answered),
            status: Int(truncatingIfNeeded: status)
        )
    }
}
