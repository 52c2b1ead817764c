import Foundation
import MSSCore

extension KeptSignature {
    private static let version: UInt8 = 1
    /// With further documents at the end.
    private static let versionOfSeveral: UInt8 = 2

    /// As it is sealed and stored.
    ///
    /// Numbers are in base 128, the lower digits first. A string of octets has its length, doubled, before it; an odd
    /// number instead says that it stands in the signature, and its place follows.
    public func encoded() -> [UInt8] {
        var writer = KeptWriter(signature: signature)
        writer.octet(further.isEmpty ? Self.version : Self.versionOfSeveral)
        writer.octets(signature)
        let names = [
            asked.transaction, asked.provider, asked.providerTransaction, asked.instant, asked.acquiringEntity,
        ]
        for text in names + [algorithm.rawValue] { writer.octets(Array(text.utf8)) }
        writer.content(content)
        writer.octets(asked.request, around: content.octets)
        writer.octets(command, around: content.octets)
        writer.form(form)
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
        guard !further.isEmpty else { return writer.written }
        writer.number(UInt64(further.count))
        for document in further {
            writer.octets(document.signature)
            writer.content(document.content)
            writer.form(document.form)
        }
        return writer.written
    }

    /// Reads what ``encoded()`` wrote.
    ///
    /// - Throws: ``SignatureError`` for anything else.
    public init(decoding octets: [UInt8]) throws(SignatureError) {
        var reader = KeptReader(octets)
        let version = try reader.octet()
        guard version == Self.version || version == Self.versionOfSeveral else { throw KeptReader.malformed }
        reader.signature = try reader.octets()
        var texts: [String] = []
        for _ in 0..<6 { texts.append(try reader.text()) }
        guard let algorithm = SigningAlgorithm(rawValue: texts[5]) else { throw KeptReader.malformed }
        let content = try reader.content()
        let request = try reader.parts()
        let command = try reader.parts()
        let form = try reader.form()
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
        var further: [Further] = []
        for _ in 0..<(version == Self.version ? 0 : try reader.count()) {
            let signature = try reader.octets()
            further.append(Further(content: try reader.content(), form: try reader.form(), signature: signature))
        }
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
            form: form,
            algorithm: algorithm,
            signature: reader.signature,
            certificates: certificates,
            proofs: proofs,
            times: EvidenceRecord.Times(asked: asked, sent: sent, answered: answered),
            status: Int(truncatingIfNeeded: status)
        )
        self.further = further
    }
}
