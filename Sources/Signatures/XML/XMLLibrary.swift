import CLibXMLSec

/// libxml2 and libxmlsec1 as this module uses them: made ready once, and without a way to anything outside of the octets
/// that they are given.
enum XMLLibrary {
    /// Whether the libraries could be made ready.
    static let isReady: Bool = {
        xmlInitParser()
        guard xmlSecInit() == 0, xmlSecOpenSSLInit() == 0 else { return false }
        // Files, HTTP and FTP: no reference can be fetched where nothing knows how.
        xmlSecIOCleanupCallbacks()
        xmlSecErrorsSetCallback(sayNothing)
        return true
    }()

    /// What a thread's last error holds of a document.
    static func forget() { xmlResetLastError() }

    static func text(_ characters: UnsafePointer<xmlChar>?) -> String {
        characters.map { String(cString: $0) } ?? ""
    }
}

/// The library would write its errors, and pieces of the document, to standard error.
private func sayNothing(
    _ file: UnsafePointer<CChar>?,
    _ line: Int32,
    _ function: UnsafePointer<CChar>?,
    _ object: UnsafePointer<CChar>?,
    _ subject: UnsafePointer<CChar>?,
    _ reason: Int32,
    _ message: UnsafePointer<CChar>?
) {}

/// The names of XML-Signature Syntax and Processing, and the few algorithms of it that are taken and made.
enum DSig {
    static let namespace = "http://www.w3.org/2000/09/xmldsig#"
    static let exclusiveC14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
    static let enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
    static let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256"
    static let rsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    static let ecdsaSHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"

    /// Whether an ID is an NCName of ASCII: nothing of XPointer's.
    static func isName(_ id: String) -> Bool {
        !id.isEmpty
            && id.utf8.enumerated().allSatisfy { index, octet in
                switch octet {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): index > 0
                default: false
                }
            }
    }
}

/// The namespaces of an envelope that holds a signed message.
enum MessageNamespace {
    static let mss = "http://uri.etsi.org/TS102204/v1.1.2#"
    static let soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
    static let soap12 = "http://www.w3.org/2003/05/soap-envelope"
}
