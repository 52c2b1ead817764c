import Crypto
import Foundation
import MSSCore

/// What a provider asked, as 32 octets: a repetition has the same ones, another request has others.
enum RequestDigest {
    /// SHA-256 of every part that decides what is asked of whom; each part stands with its length before it.
    static func of(_ request: SignatureRequest) -> [UInt8] {
        var hash = SHA256()
        func add(_ text: String?) {
            let octets = text.map { Array($0.utf8) }
            withUnsafeBytes(of: Int64(octets?.count ?? -1).bigEndian) { hash.update(bufferPointer: $0) }
            if let octets { hash.update(data: octets) }
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
        for service in request.additionalServices { add(service.uri) }
        return Array(hash.finalize())
    }
}
