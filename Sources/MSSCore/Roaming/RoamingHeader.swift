public import struct Foundation.Date

/// What goes with a message between members of the mesh: who has had it, and where it is to go (shaped as TS 102 207 §10.1;
/// its text was not at hand, docs/decisions/015).
public struct RoamingHeader: Sendable, Equatable {
    /// Who has had the message, in their order.
    public var entries: [Entry]
    /// The Home MSSP that is to serve it; `nil` where the header does not say.
    public var home: MeshMember?

    /// Entries of a header, the answering home's among them: an acquiring entity, some routing entities, a home.
    public static let mostEntries = 8

    public init(entries: [Entry], home: MeshMember?) {
        self.entries = entries
        self.home = home
    }

    /// What one member notes of having had the message.
    public struct Entry: Sendable, Equatable {
        public var role: MeshRole
        public var sender: MeshMember
        /// The sender's own name for what it does, for its log.
        public var transactionID: String
        /// When the sender passed it on.
        public var instant: Date
        /// Seconds from then on in which an answer is of use.
        public var timeOut: Int

        public init(role: MeshRole, sender: MeshMember, transactionID: String, instant: Date, timeOut: Int) {
            self.role = role
            self.sender = sender
            self.transactionID = transactionID
            self.instant = instant
            self.timeOut = timeOut
        }
    }
}

/// What a member of the mesh does with a message (TS 102 207 §6).
public enum MeshRole: String, Sendable, CaseIterable {
    case acquiringEntity = "AcquiringEntity"
    case homeMSSP = "HomeMSSP"
    case identityIssuer = "IdentityIssuer"
    case routingEntity = "RoutingEntity"
    case verifyingEntity = "VerifyingEntity"
}
