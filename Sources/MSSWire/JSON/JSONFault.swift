import MSSCore

/// A fault in JSON: the members that clients of this form know, with this platform's own in `Help` and `Details`.
///
/// `Help` is a string because clients read it as one; members of `Details` that they do not know they pass over.
enum JSONFault {
    /// - Parameters:
    ///   - fault: What is told.
    ///   - trace: Of the request.
    ///   - hasTwoLevels: The reader knows FiCom's second level.
    /// - Returns: The object, in one line.
    static func encode(_ fault: MSSFault, trace: TraceID, hasTwoLevels: Bool = false) -> [UInt8] {
        let meaning = fault.meaning
        let second = (hasTwoLevels ? Namespace.specifier(of: fault) : nil).map { specifier, namespace in
            JSONValue.object(["Value": .text("_\(specifier)"), "ValueNs": .text(namespace)])
        }
        let subcode: [String: JSONValue?] = [
            "SubCode": second, "Value": .text("_\(fault.code.rawValue)"), "ValueNs": .text(Namespace.mss),
        ]
        let code: [String: JSONValue?] = [
            "SubCode": .object(subcode), "Value": .text(fault.code.blamesSender ? "Sender" : "Receiver"),
            "ValueNs": .text(Namespace.soap12),
        ]
        let details: [String: JSONValue?] = [
            "Act": .text(meaning.actor.rawValue), "Retry": .text(meaning.retry.rawValue),
            "RetryAfter": JSONValue.optional(fault.retryAfter.map { String($0) }), "See": .text(meaning.link),
            "TraceID": .text(trace.description),
        ]
        let members: [String: JSONValue?] = [
            "Code": .object(code), "Detail": .text(fault.detail ?? fault.code.name), "Details": .object(details),
            "Help": .text(meaning.meaning), "Reason": .text(fault.code.name),
            "Role": JSONValue.optional(fault.role.map { RoamingCodec.uri($0) }),
        ]
        return JSONValue.object(["Fault": .object(members)]).octets
    }
}
