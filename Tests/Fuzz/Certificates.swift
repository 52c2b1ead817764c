import MSSCore
@_spi(Archive) import Signatures
import SwiftASN1

/// Certificates, lists, answers, signatures and what is to be signed; the first octet tells which.
func fuzzDER(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let octets = Array(input[1...])
    switch kind % 9 {
    case 0: readCertificate(octets)
    case 1: readList(octets)
    case 2: readAnswer(octets)
    case 3: confirm(octets, .withoutAttributes, genuine: genuine.bare)
    case 4: confirm(octets, genuine.advanced, genuine: genuine.attributes)
    case 5: readValue(octets)
    case 6: readDigestInfo(octets)
    case 7: readAttributes(octets)
    default: readKey(octets)
    }
}

private let genuine = GenuineDER.file

private func readCertificate(_ octets: [UInt8]) {
    guard let certificate = try? UserCertificate(der: octets) else { return }
    guard octets.contains(certificate.publicKey) else { finding("a key that is not in the certificate") }
    let validity = genuine.authority.validity(of: octets, at: genuine.date)
    let isKnown = octets.contains(genuine.certificate.publicKey) || octets == genuine.held
    if validity != .invalid, !isKnown { finding("a forged certificate") }
    _ = genuine.authority.intermediates(of: octets)
    let subject = (name: "+358401234567", number: "FI-4711")
    let isTaken: Void? = try? genuine.authority.check(
        octets,
        publicKey: certificate.publicKey,
        commonName: subject.name,
        serialNumber: subject.number
    )
    if isTaken != nil, !isKnown { finding("a forged certificate is taken") }
}

private func readList(_ octets: [UInt8]) {
    guard let authority = judge(by: .list(octets)) else { return }
    let proofs = authority.proofs(of: genuine.user)
    for case .list(let der) in proofs where !genuine.lists.contains(der) { finding("a forged list") }
    let isSilent = authority.validity(of: genuine.user, at: genuine.date) == .noFreshProof
    if isSilent != proofs.isEmpty { finding("a list that counts is not kept, or the other way round") }
    if authority.validity(of: genuine.user, at: genuine.date) == .revoked { finding("revoked by nobody") }
    _ = authority.validity(of: genuine.held, at: genuine.date)
}

private func readAnswer(_ octets: [UInt8]) {
    guard let authority = judge(by: .answer(octets)) else { return }
    for (certificate, answer) in [(genuine.user, genuine.userAnswer), (genuine.held, genuine.heldAnswer)]
    where authority.validity(of: certificate, at: genuine.date) != .noFreshProof && !octets.contains(answer) {
        finding("a forged answer")
    }
}

private func judge(by proof: RevocationProof) -> UserAuthority? {
    try? UserAuthority(anchors: genuine.anchors, archived: [proof], at: genuine.date)
}

private func confirm(_ octets: [UInt8], _ form: SigningForm, genuine finished: [UInt8]) {
    for form in [form, .standard, SigningForm(structure: .detached, attributes: form.attributes)]
    where isConfirmed(octets, form) && octets != finished { finding("a forged signature") }
    if octets == finished, !isConfirmed(octets, form) { finding("the genuine signature is refused") }
}

private func isConfirmed(_ octets: [UInt8], _ form: SigningForm) -> Bool {
    do throws(SignatureError) {
        try SignedDataCheck.confirm(
            octets,
            content: genuine.content,
            form: form,
            registeredKey: genuine.certificate.publicKey,
            certificate: genuine.certificate
        )
        return true
    } catch { return false }
}

/// An even octet before a signature value as it is delivered, an odd one before what a card answers.
private func readValue(_ input: [UInt8]) {
    guard let flag = input.first else { return }
    let octets = Array(input[1...])
    if flag & 1 == 0 {
        if isConfirmed(octets, .pkcs1), octets != genuine.value { finding("a forged value") }
        return
    }
    for algorithm in SigningAlgorithm.allCases {
        for form in [SigningForm.pkcs1, .withoutAttributes, .standard, genuine.advanced] {
            guard
                let finished = try? SignedDataAssembler.assemble(
                    genuine.content,
                    form: form,
                    algorithm: algorithm,
                    raw: octets,
                    certificate: genuine.certificate
                ), isConfirmed(finished, form)
            else { continue }
            let value = try? SignedDataAssembler.assemble(
                genuine.content,
                form: .pkcs1,
                algorithm: .p256,
                raw: octets,
                certificate: genuine.certificate
            )
            if form.attributes != nil || value != genuine.value { finding("a forged answer of a card") }
        }
    }
}

private func readDigestInfo(_ octets: [UInt8]) {
    guard let info = try? DigestInfo(octets) else { return }
    if info.algorithm.digestInfoPrefix + info.digest != octets { finding("a DigestInfo changes") }
}

/// What another reader of BER calls a SET OF Attribute, this one does; and it is never signed then.
private func readAttributes(_ octets: [UInt8]) {
    let isSet = AttributeConfusion.isSetOfAttributes(octets)
    if !isSet, isSetByAnother(octets) { finding("attributes that are not seen") }
    for form in [SigningForm.standard, .withoutAttributes, .pkcs1] {
        let isAllowed: Void? = try? SigningRules.check(.utf8(octets), form: form)
        if (isAllowed == nil) != isSet { finding("attributes that are signed, or a text that is not") }
    }
}

private func isSetByAnother(_ octets: [UInt8]) -> Bool {
    guard let node = try? BER.parse(octets), node.identifier == .set, case .constructed(let attributes) = node.content
    else { return false }
    return attributes.allSatisfy { attribute in
        guard attribute.identifier == .sequence, case .constructed(let content) = attribute.content else {
            return false
        }
        let parts = Array(content)
        guard parts.count == 2, parts[0].identifier == .objectIdentifier, parts[1].identifier == .set,
            case .primitive = parts[0].content, case .constructed = parts[1].content
        else { return false }
        return true
    }
}

/// The algorithm, then a key and a proof that it has not.
private func readKey(_ input: [UInt8]) {
    guard let flag = input.first else { return }
    let algorithm = SigningAlgorithm.allCases[Int(flag) % SigningAlgorithm.allCases.count]
    let octets = Array(input[1...])
    if let written = try? NewPublicKey.publicKey(octets, algorithm: algorithm), !written.contains(octets) {
        finding("another key")
    }
    guard octets.count > 65 else { return }
    let proven = try? ProofOfPossession.verify(
        publicKey: Array(octets[..<65]),
        algorithm: algorithm,
        message: Array("proof".utf8),
        proof: Array(octets[65...])
    )
    if proven != nil { finding("a forged proof") }
}
