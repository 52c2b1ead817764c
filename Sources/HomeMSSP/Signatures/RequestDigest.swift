import Crypto
import Foundation
import MSSCore

/// What a provider asked, as 32 octets: a repetition has the same ones, another request has others.
enum RequestDigest {
    static func of(_ request: SignatureRequest) -> [UInt8] { of(octets(of: request)) }

    /// SHA-256 of a request's octets.
    static func of(_ octets: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: octets)) }

    /// Every part that decides what is asked of whom; each stands with its length before it, −1 where it is not there
    /// (docs/signatures.md).
    static func octets(of request: SignatureRequest) -> [UInt8] {
        var written: [UInt8] = []
        written.reserveCapacity(512)
        func add(_ text: String?) {
            withUnsafeBytes(of: Int64(text?.utf8.count ?? -1).bigEndian) { written += $0 }
            if let text { written += text.utf8 }
        }
        add("\(request.header.majorVersion).\(request.header.minorVersion)")
        add(request.mobileUser.msisdn)
        for data in [request.dataToBeSigned, request.dataToBeDisplayed] {
            add(data?.content)
            add(data?.mimeType)
            add(data?.encoding)
        }
        add(request.signatureProfile)
        add(request.format)
        add(request.messagingMode.rawValue)
        add(request.timeOut.map { "\($0)" })
        add(request.validityDate.map { "\($0.timeIntervalSince1970)" })
        add("\(request.additionalServices.count)")
        for service in request.additionalServices {
            add(service.uri)
            if let document = service.document {
                add(document.reference)
                for data in [document.dataToBeSigned, document.dataToBeDisplayed] {
                    add(data?.content)
                    add(data?.mimeType)
                    add(data?.encoding)
                }
                add(document.signatureProfile)
                add(document.format)
            }
            if let query = service.query {
                add(query.id)
                add("\(query.names.count)")
                for name in query.names { add(name) }
            }
            guard let name = service.name, name.element != nil else { continue }
            // The code itself is kept nowhere.
            add(name == .noSpam ? (service.isVerified ? "yes" : "no") : service.value)
        }
        return written
    }
}
