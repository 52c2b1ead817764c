import SwiftASN1

public import struct Foundation.Date

/// A user's certificate, with the parts that a SignedData needs, each as the octets it has in the certificate.
public struct UserCertificate: Sendable {
    public let der: [UInt8]
    /// SubjectPublicKeyInfo.
    public let publicKey: [UInt8]
    let issuer: [UInt8]
    let serialNumber: [UInt8]
    /// Ready to verify with; `nil` for a kind of key that no card has.
    let key: VerifyingKey?
    public let notBefore: Date
    public let notAfter: Date

    /// Reads a certificate (RFC 5280 §4.1).
    ///
    /// Whether it is to be trusted is another question.
    public init(der: [UInt8]) throws(SignatureError) {
        self.der = der
        do {
            var parts: [ASN1Node] = []
            try DER.sequence(try DER.parse(der), identifier: .sequence) { certificate in
                guard let toBeSigned = certificate.next() else { throw SignatureError("an empty certificate") }
                try DER.sequence(toBeSigned, identifier: .sequence) { fields in
                    while let field = fields.next() { parts.append(field) }
                }
                while certificate.next() != nil {}
            }
            // version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, …
            guard parts.count >= 7, parts[0].identifier.tagClass == .contextSpecific else {
                throw SignatureError("not a certificate of version 3")
            }
            serialNumber = Array(parts[1].encodedBytes)
            issuer = Array(parts[3].encodedBytes)
            publicKey = Array(parts[6].encodedBytes)
            key = VerifyingKey(publicKey: publicKey)
            (notBefore, notAfter) = try DER.sequence(parts[4], identifier: .sequence) { dates in
                (try Self.date(dates.next()), try Self.date(dates.next()))
            }
        } catch let error as SignatureError {
            throw error
        } catch {
            throw SignatureError("the certificate is not well-formed DER")
        }
    }

    private static func date(_ node: ASN1Node?) throws -> Date {
        guard let node else { throw SignatureError("a certificate without validity") }
        if node.identifier == .utcTime {
            let time = try UTCTime(derEncoded: node)
            return date(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
        }
        let time = try GeneralizedTime(derEncoded: node)
        return date(time.year, time.month, time.day, time.hours, time.minutes, time.seconds)
    }

    private static func date(_ year: Int, _ month: Int, _ day: Int, _ hours: Int, _ minutes: Int, _ seconds: Int)
        -> Date
    {
        // Days since 1970 in the proleptic Gregorian calendar; years begin in March, so that leap days come last.
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return Date(timeIntervalSince1970: Double(((days * 24 + hours) * 60 + minutes) * 60 + seconds))
    }
}
