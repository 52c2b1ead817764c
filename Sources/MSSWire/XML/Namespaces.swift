import MSSCore

/// The namespaces that this platform reads and writes (docs/wire.md).
enum Namespace {
    static let soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
    static let soap12 = "http://www.w3.org/2003/05/soap-envelope"
    /// TS 102 204, also of its later versions.
    static let mss = "http://uri.etsi.org/TS102204/v1.1.2#"
    /// The registration extension that registration clients speak.
    static let mreg = "http://www.methics.fi/MSSPRegistration/v1.0.0#"
    /// FiCom's extensions: what additional services answer.
    static let fiCom = "http://mss.ficom.fi/TS102204/v1.0.0#"
    /// SAML 2.0: AttributeQuery and Response, and what stands in them.
    static let samlProtocol = "urn:oasis:names:tc:SAML:2.0:protocol"
    static let samlAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
    /// Kiuru's batchsign: BatchSignatureRequest and its answer.
    static let batch = "http://www.methics.fi/TS102204/ext/v1.0.0#BatchSignature"
    /// Kiuru's docsign: AdditionalSignatureRequest and its answer.
    static let documents = "http://www.methics.fi/TS102204/ext/v1.0.0#MultiDocSign"
    /// Kiuru's signingCertificate.
    static let kiuru = "http://www.methics.fi/KiuruMSSP/v5.0.0#"
    /// Swisscom's additional services: SubscriberInfo.
    static let subscriber = "http://mid.swisscom.ch/TS102204/as/v1.0"
    /// The receipt extension that clients know.
    static let receipt = "http://www.swisscom.ch/TS102204/ext/v1.0.0"
    /// WS-Security 1.0.
    static let wsSecurity = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    /// Where clients look for a fault's text.
    static let faultDetail = "http://kiuru.methics.fi/mssp"
    /// What a fault means: who must act, whether asking again helps, and the trace that its operator can look for.
    static let help = "urn:mssp:fault:1"
    /// What this platform has beyond the standard, for providers.
    static let own = "urn:mssp:204:1"
    /// What the platform's services tell one another.
    static let mesh = "urn:mssp:mesh:1"
    /// What toolkits say of an element in place of its schema: xsi:type and xsi:nil.
    static let instance = "http://www.w3.org/2001/XMLSchema-instance"
    /// TS 102 207's header blocks.
    static let roaming = "http://uri.etsi.org/TS102207/v1.1.2#"
    /// The most frequent first.
    static let all = [mss, mesh, soap12, soap11, mreg, wsSecurity, faultDetail, help, roaming, instance]

    /// The second level of a fault, and whose number it is: FiCom's, or this platform's own.
    static func specifier(of fault: MSSFault) -> (Int, String)? {
        fault.specifier.map { ($0, FaultMeaning.isFiComs($0) ? fiCom : help) }
    }
}
