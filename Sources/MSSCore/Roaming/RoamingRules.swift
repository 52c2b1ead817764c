public import struct Foundation.Date

/// What a Home MSSP wants of the header that comes with a message, and what it says in its own (TS 102 207 §11, as far as
/// it is known).
public struct RoamingRules: Sendable {
    /// How far two members' clocks may be apart before a message seems over that is not.
    private static let skew: Double = 5
    /// How far ahead a sender's clock may be.
    private static let ahead: Double = 300

    private let identity: PeerIdentity
    private let requiredOf: Set<PeerIdentity>

    /// - Parameters:
    ///   - identity: The home.
    ///   - requiredOf: Whose messages must come with a header; others' may.
    public init(identity: PeerIdentity, requiredOf: Set<PeerIdentity>) {
        self.identity = identity
        self.requiredOf = requiredOf
    }

    /// The header of the answer: the message's own, and an entry of this home; `nil` where none came and none had to.
    ///
    /// - Throws: 701 where one had to come, 703 without the home it is for, 710 without an entry of who sent it, 720 when its
    ///   time is over, 750 for one that is for another home or has been here before, 101 for one from the future.
    public func answer(
        to header: RoamingHeader?,
        from peer: PeerIdentity,
        _ trace: TraceID,
        at now: Date
    ) throws(MSSFault) -> RoamingHeader? {
        guard var header else {
            guard requiredOf.contains(peer) else { return nil }
            throw fault(.roamingHeaderMissing, "The SOAP header block RoamingHeader is missing.")
        }
        guard let home = header.home, home != MeshMember() else {
            throw fault(.homeMSSPMissing, "RoamingHeader/CommonHeader names no HomeMSSP.")
        }
        guard header.entries.count < RoamingHeader.mostEntries else {
            throw fault(.unableToRoute, "The message's route is too long for this home to add itself.")
        }
        guard !header.entries.contains(where: { $0.sender.uri == identity.uri }) else {
            throw fault(.unableToRoute, "The message has been at this home before: its route goes in a circle.")
        }
        guard home.uri == identity.uri else {
            throw fault(.unableToRoute, "The message is for another Home MSSP; this one passes nothing on.")
        }
        guard let last = header.entries.last, last.sender.uri == peer.uri else {
            throw fault(.inputMissing, "The last RoamingHeaderEntry must be of the member that sends the message.")
        }
        let age = now.timeIntervalSince(last.instant)
        guard age > -Self.ahead else {
            throw fault(.wrongParam, "RE_SenderInfo/Instant is more than \(Int(Self.ahead)) seconds ahead.")
        }
        let left = Double(last.timeOut) - max(0, age)
        guard last.timeOut > 0, left > -Self.skew else {
            throw fault(.routingExpired, "The message's time was over before it came here; nothing was begun.")
        }
        header.entries.append(
            RoamingHeader.Entry(
                role: .homeMSSP,
                sender: MeshMember(uri: identity.uri),
                transactionID: "r" + trace.description,
                instant: now,
                timeOut: max(0, Int(left))
            )
        )
        return header
    }

    private func fault(_ code: MSSFault.Code, _ detail: String) -> MSSFault {
        var fault = MSSFault(code, detail)
        fault.role = .homeMSSP
        return fault
    }
}
