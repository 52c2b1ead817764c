import CLibXMLSec

public import struct Foundation.Date

/// MSS_MessageSignature: a provider's XML signature over the message of a SOAP envelope (TS 102 204 §11.3).
public enum MessageSignature {
    /// Octets of an envelope at most; a listener takes fewer.
    public static let longest = 262_144

    /// Finds out that a message is signed by one of a provider's keys.
    ///
    /// - Parameters:
    ///   - envelope: As the provider sent it. Its elements' number and depth must have been bounded before.
    ///   - keys: The provider's. What KeyInfo says is not looked at.
    ///   - time: When their certificates must be valid.
    /// - Returns: The message element alone, in exclusive canonical form: exactly the octets that were signed, so who acts
    ///   on them acts on nothing else.
    /// - Throws: ``MessageRefusal``.
    public static func message(
        of envelope: [UInt8],
        by keys: [MessageKey],
        at time: Date
    ) throws(MessageRefusal) -> [UInt8] {
        let signed = try SignedEnvelope(envelope)
        let usable = keys.filter { $0.isValid(at: time) && $0.method == signed.method }
        guard !usable.isEmpty else { throw .key }
        defer { XMLLibrary.forget() }
        for key in usable {
            if let octets = verified(signed, by: key) { return octets }
        }
        throw .invalid
    }

    private static func verified(_ signed: SignedEnvelope, by key: MessageKey) -> [UInt8]? {
        guard let context = xmlSecDSigCtxCreate(nil) else { return nil }
        // The key goes with the context.
        defer { xmlSecDSigCtxDestroy(context) }
        guard let signKey = load(key), allowLittle(context) else { return nil }
        context.pointee.signKey = signKey
        guard xmlSecDSigCtxVerify(context, signed.signature.node) == 0,
            context.pointee.status == xmlSecDSigStatusSucceeded
        else { return nil }
        return digested(context)
    }

    private static func load(_ key: MessageKey) -> xmlSecKeyPtr? {
        xmlSecOpenSSLAppKeyLoadMemory(
            key.der,
            UInt32(clamping: key.der.count),
            xmlSecKeyDataFormatCertDer,
            nil,
            nil,
            nil
        )
    }

    /// A second time what the shape says, in the library's own terms.
    private static func allowLittle(_ context: xmlSecDSigCtxPtr) -> Bool {
        context.pointee.flags = UInt32(XMLSEC_DSIG_FLAGS_STORE_SIGNEDINFO_REFERENCES)
        context.pointee.enabledReferenceUris = UInt32(xmlSecTransformUriTypeSameDocument)
        let reference = [
            xmlSecTransformExclC14NGetKlass(), xmlSecTransformEnvelopedGetKlass(),
            xmlSecOpenSSLTransformSha256GetKlass(),
        ]
        let signature = [
            xmlSecTransformExclC14NGetKlass(), xmlSecOpenSSLTransformRsaSha256GetKlass(),
            xmlSecOpenSSLTransformEcdsaSha256GetKlass(),
        ]
        return reference.allSatisfy { xmlSecDSigCtxEnableReferenceTransform(context, $0) == 0 }
            && signature.allSatisfy { xmlSecDSigCtxEnableSignatureTransform(context, $0) == 0 }
    }

    /// The octets that the one reference's digest is of.
    private static func digested(_ context: xmlSecDSigCtxPtr) -> [UInt8]? {
        let references = withUnsafeMutablePointer(to: &context.pointee.signedInfoReferences) { $0 }
        guard xmlSecPtrListGetSize(references) == 1, let item = xmlSecPtrListGetItem(references, 0) else { return nil }
        let reference = item.assumingMemoryBound(to: xmlSecDSigReferenceCtx.self)
        guard reference.pointee.status == xmlSecDSigStatusSucceeded,
            let buffer = xmlSecDSigReferenceCtxGetPreDigestBuffer(reference), let start = xmlSecBufferGetData(buffer)
        else { return nil }
        return Array(UnsafeBufferPointer(start: start, count: Int(xmlSecBufferGetSize(buffer))))
    }
}
