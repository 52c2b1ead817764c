public import MSSCore

/// Messages as a provider or an agent would send them.
public enum Sample {
    public static let ap = PeerIdentity(uri: "urn:mssp:test:ap")
    public static let ae = PeerIdentity(uri: "urn:mssp:test:ae")
    public static let me = PeerIdentity(uri: "urn:mssp:test:me")
    public static let ra = PeerIdentity(uri: "urn:mssp:test:ra")
    public static let apID = "http://ap.test.mssp/ap"

    public static let provider = ApplicationProvider(
        id: apID,
        identities: [ap],
        acquiringEntities: [ae],
        displayName: "Test Bank"
    )

    public static func header(ap id: String = apID, transaction: String = "T1") -> MessageHeader {
        MessageHeader(apInfo: APInfo(id: id, transID: transaction, instant: "2026-01-01T00:00:00Z"))
    }

    public static func signature(
        _ text: String = "Sign this",
        msisdn: String? = "+358401234567",
        mode: MessagingMode = .synch,
        timeOut: Int? = 30
    ) -> SignatureRequest {
        SignatureRequest(
            // Each request has a name of its own: the same one again would be the same request.
            header: header(transaction: "T\(UInt64.random(in: 0...UInt64.max))"),
            mobileUser: MobileUser(msisdn: msisdn),
            dataToBeSigned: DataToBeSigned(text, mimeType: "text/plain", encoding: "UTF-8"),
            timeOut: timeOut,
            messagingMode: mode
        )
    }

    public static func status(_ transactionID: String) -> StatusRequest {
        StatusRequest(header: header(transaction: "T2"), transactionID: transactionID)
    }

    /// A call at the edge by `peer`.
    public static func call(_ peer: PeerIdentity, for time: Duration = .seconds(10)) -> Call {
        Call(peer: peer, deadline: .now + time)
    }

    /// A call as it comes from an acquiring entity.
    public static func call(through entity: PeerIdentity, from origin: PeerIdentity, for time: Duration = .seconds(10))
        -> Call
    {
        Call(peer: entity, origin: origin, deadline: .now + time)
    }
}
