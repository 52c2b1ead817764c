public import struct Foundation.Date

/// MSS_ProfileReq (TS 102 204 §8.8): what a mobile user can sign with.
public struct ProfileRequest: Sendable, Equatable {
    public var header: MessageHeader
    public var mobileUser: MobileUser
    /// The words of `mss:Params`, as far as this platform knows them; empty asks for everything.
    public var parameters: Set<Parameter>

    public init(header: MessageHeader, mobileUser: MobileUser, parameters: Set<Parameter> = []) {
        self.header = header
        self.mobileUser = mobileUser
        self.parameters = parameters
    }

    /// What may be asked for one by one.
    public enum Parameter: String, Sendable, CaseIterable {
        case sscds, state, certs, pinstatus, rcstatus, aastatus, carddetails
    }

    /// Whether the answer is to hold what a parameter stands for.
    public func asks(for parameter: Parameter) -> Bool { parameters.isEmpty || parameters.contains(parameter) }
}

/// MSS_ProfileResp (§8.9) with the profile extension that clients read.
public struct ProfileResponse: Sendable, Equatable {
    public var header: MessageHeader
    /// SignatureProfile/mssURI: what the user's keys serve.
    public var signatureProfiles: [String]
    public var sim: SIM

    public init(header: MessageHeader, signatureProfiles: [String], sim: SIM) {
        self.header = header
        self.signatureProfiles = signatureProfiles
        self.sim = sim
    }

    /// The user's card as a signature creation device.
    public struct SIM: Sendable, Equatable {
        /// `nil` where it was not asked for, or may not be told.
        public var state: State?
        public var pin: PINStatus?
        public var certificates: [Certificate]

        public init(state: State? = nil, pin: PINStatus? = nil, certificates: [Certificate] = []) {
            self.state = state
            self.pin = pin
            self.certificates = certificates
        }
    }

    public enum State: String, Sendable, CaseIterable {
        case active = "ACTIVE"
        case inactive = "INACTIVE"
    }

    /// What the card last told of its PINs.
    public struct PINStatus: Sendable, Equatable {
        /// Whether one of them is blocked.
        public var isBlocked: Bool
        /// When the card said so; `nil` while it never did.
        public var told: Date?

        public init(isBlocked: Bool, told: Date? = nil) {
            self.isBlocked = isBlocked
            self.told = told
        }
    }

    /// A user's certificate and what its key serves.
    public struct Certificate: Sendable, Equatable {
        public var der: [UInt8]
        /// The name in it, for people.
        public var subject: String
        /// `nil` where its sender does not say.
        public var state: State?
        /// Such as `P-256`.
        public var algorithm: String
        public var signatureProfiles: [String]
        /// Of the CAs above it, up to the root.
        public var issuers: [NamedCertificate]

        public init(
            der: [UInt8],
            subject: String,
            state: State?,
            algorithm: String,
            signatureProfiles: [String],
            issuers: [NamedCertificate] = []
        ) {
            self.der = der
            self.subject = subject
            self.state = state
            self.algorithm = algorithm
            self.signatureProfiles = signatureProfiles
            self.issuers = issuers
        }

        /// The user's, then those above it.
        public var chain: [NamedCertificate] { [NamedCertificate(der: der, subject: subject)] + issuers }
    }

    /// A certificate beside the name in it, for people.
    public struct NamedCertificate: Sendable, Equatable {
        public var der: [UInt8]
        public var subject: String

        public init(der: [UInt8], subject: String) {
            self.der = der
            self.subject = subject
        }
    }
}
