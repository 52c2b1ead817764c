public import struct Foundation.Date

/// What every TS 102 204 message begins with (`MessageAbstractType`, §8.1).
public struct MessageHeader: Sendable, Equatable {
    public var majorVersion: Int
    public var minorVersion: Int
    public var apInfo: APInfo
    public var msspInfo: MSSPInfo

    public init(majorVersion: Int = 1, minorVersion: Int = 1, apInfo: APInfo, msspInfo: MSSPInfo = MSSPInfo()) {
        self.majorVersion = majorVersion
        self.minorVersion = minorVersion
        self.apInfo = apInfo
        self.msspInfo = msspInfo
    }

    /// The header of the answer: the provider's part copied, the platform's part filled in.
    public func answered(by msspID: String, at instant: Date) -> MessageHeader {
        var header = self
        header.msspInfo = MSSPInfo(msspID: MeshMember(uri: msspID), instant: instant)
        return header
    }
}

/// The application provider's part.
///
/// AP_PWD is accepted on the wire, kept nowhere and echoed empty.
public struct APInfo: Sendable, Equatable {
    /// AP_ID, a URI agreed with the acquiring entity; empty at the edge where a client leaves it to its certificate.
    public var id: String
    /// AP_TransID, chosen by the provider.
    public var transID: String
    /// When the provider sent the message; kept as it was written, for the answer repeats it.
    public var instant: String
    /// AP_URL, where notifications would go.
    public var url: String?

    public init(id: String, transID: String, instant: String, url: String? = nil) {
        self.id = id
        self.transID = transID
        self.instant = instant
        self.url = url
    }
}

/// The platform's part.
public struct MSSPInfo: Sendable, Equatable {
    public var msspID: MeshMember
    public var instant: Date?

    public init(msspID: MeshMember = MeshMember(), instant: Date? = nil) {
        self.msspID = msspID
        self.instant = instant
    }
}

/// A member of the mesh by any of its names (`MeshMemberType`, §9).
public struct MeshMember: Sendable, Equatable {
    public var dnsName: String?
    public var ipAddress: String?
    public var uri: String?
    public var identifier: String?

    public init(dnsName: String? = nil, ipAddress: String? = nil, uri: String? = nil, identifier: String? = nil) {
        self.dnsName = dnsName
        self.ipAddress = ipAddress
        self.uri = uri
        self.identifier = identifier
    }
}

/// The person who is asked, as the provider named them (`MobileUserType`, §9); repeated unchanged in answers.
public struct MobileUser: Sendable, Equatable {
    public var identityIssuer: MeshMember?
    public var userIdentifier: String?
    public var homeMSSP: MeshMember?
    /// As written by the provider; ``MSISDN`` reads it.
    public var msisdn: String?

    public init(
        identityIssuer: MeshMember? = nil,
        userIdentifier: String? = nil,
        homeMSSP: MeshMember? = nil,
        msisdn: String? = nil
    ) {
        self.identityIssuer = identityIssuer
        self.userIdentifier = userIdentifier
        self.homeMSSP = homeMSSP
        self.msisdn = msisdn
    }
}
