import MSSCore

/// What every message may begin with; all of it may be missing (docs/wire.md, "JSON").
///
/// AP_PWD is not among it: whatever it is, it is not read.
struct JSONHeader: Decodable {
    struct APInfo: Decodable {
        var id: String?
        var transID: String?
        var instant: String?
        var url: String?

        private enum CodingKeys: String, CodingKey {
            case id = "AP_ID"
            case transID = "AP_TransID"
            case instant = "Instant"
            case url = "AP_URL"
        }
    }

    struct MSSPInfo: Decodable {
        var msspID: JSONMember?
        var instant: String?

        private enum CodingKeys: String, CodingKey {
            case msspID = "MSSP_ID"
            case instant = "Instant"
        }
    }

    var majorVersion: JSONNumber?
    var minorVersion: JSONNumber?
    var apInfo: APInfo?
    var msspInfo: MSSPInfo?

    private enum CodingKeys: String, CodingKey {
        case majorVersion = "MajorVersion"
        case minorVersion = "MinorVersion"
        case apInfo = "AP_Info"
        case msspInfo = "MSSP_Info"
    }
}

/// MeshMemberType (§9).
struct JSONMember: Decodable {
    var dnsName: String?
    var ipAddress: String?
    var uri: String?
    var identifier: String?

    private enum CodingKeys: String, CodingKey {
        case dnsName = "DNSName"
        case ipAddress = "IPAddress"
        case uri = "URI"
        case identifier = "IdentifierString"
    }
}

/// MobileUserType (§9).
struct JSONMobileUser: Decodable {
    var identityIssuer: JSONMember?
    var userIdentifier: String?
    var homeMSSP: JSONMember?
    var msisdn: String?

    private enum CodingKeys: String, CodingKey {
        case identityIssuer = "IdentityIssuer"
        case userIdentifier = "UserIdentifier"
        case homeMSSP = "HomeMSSP"
        case msisdn = "MSISDN"
    }
}

/// DataType (§9): the text that is an element's content in XML is a member here.
struct JSONData: Decodable {
    var data: String?
    var mimeType: String?
    var encoding: String?

    private enum CodingKeys: String, CodingKey {
        case data = "Data"
        case mimeType = "MimeType"
        case encoding = "Encoding"
    }
}

/// One of AdditionalServices: its URI, and the value that belongs to one of the platform's own; what else it holds is not
/// read.
struct JSONService: Decodable {
    /// A string, or an object with the string as Value.
    struct Value: Decodable {
        var text: String?
        /// Of NoSpamCode.
        var verify: String?

        private enum CodingKeys: String, CodingKey {
            case value = "Value"
            case verify = "Verify"
        }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                self.text = text
            } else if let members = try? decoder.container(keyedBy: CodingKeys.self) {
                text = try? members.decodeIfPresent(String.self, forKey: .value)
                verify = try? members.decodeIfPresent(String.self, forKey: .verify)
            }
        }
    }

    var description: String?
    /// By their members' names.
    var values: [String: Value] = [:]

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        description = try members.decodeIfPresent(String.self, forKey: Key("Description"))
        for name in AdditionalService.Name.allCases.compactMap(\.element) {
            values[name] = try members.decodeIfPresent(Value.self, forKey: Key(name))
        }
    }
}

/// MSS_SignatureReq (§8.2).
struct JSONSignatureRequest: Decodable {
    var header: JSONHeader
    var mobileUser: JSONMobileUser?
    var dataToBeSigned: JSONData?
    var dataToBeDisplayed: JSONData?
    var signatureProfile: String?
    var additionalServices: [JSONService]?
    var format: String?
    var validityDate: String?
    var timeOut: JSONNumber?
    var messagingMode: String?

    private enum CodingKeys: String, CodingKey {
        case mobileUser = "MobileUser"
        case dataToBeSigned = "DataToBeSigned"
        case dataToBeDisplayed = "DataToBeDisplayed"
        case signatureProfile = "SignatureProfile"
        case additionalServices = "AdditionalServices"
        case format = "MSS_Format"
        case validityDate = "ValidityDate"
        case timeOut = "TimeOut"
        case messagingMode = "MessagingMode"
    }

    init(from decoder: any Decoder) throws {
        header = try JSONHeader(from: decoder)
        let members = try decoder.container(keyedBy: CodingKeys.self)
        mobileUser = try members.decodeIfPresent(JSONMobileUser.self, forKey: .mobileUser)
        dataToBeSigned = try members.decodeIfPresent(JSONData.self, forKey: .dataToBeSigned)
        dataToBeDisplayed = try members.decodeIfPresent(JSONData.self, forKey: .dataToBeDisplayed)
        signatureProfile = try members.decodeIfPresent(String.self, forKey: .signatureProfile)
        additionalServices = try members.decodeIfPresent([JSONService].self, forKey: .additionalServices)
        format = try members.decodeIfPresent(String.self, forKey: .format)
        validityDate = try members.decodeIfPresent(String.self, forKey: .validityDate)
        timeOut = try members.decodeIfPresent(JSONNumber.self, forKey: .timeOut)
        messagingMode = try members.decodeIfPresent(String.self, forKey: .messagingMode)
    }
}

/// MSS_StatusReq (§8.4).
struct JSONStatusRequest: Decodable {
    var header: JSONHeader
    var transactionID: String?

    private enum CodingKeys: String, CodingKey {
        case transactionID = "MSSP_TransID"
    }

    init(from decoder: any Decoder) throws {
        header = try JSONHeader(from: decoder)
        transactionID = try decoder.container(keyedBy: CodingKeys.self)
            .decodeIfPresent(String.self, forKey: .transactionID)
    }
}

/// A whole number, which clients write as a string.
struct JSONNumber: Decodable {
    /// As it was written, when it was a string.
    let text: String

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self.text = text
        } else {
            guard let number = try? value.decode(Int.self) else {
                throw DecodingError.typeMismatch(
                    Int.self,
                    .init(codingPath: value.codingPath, debugDescription: "no whole number")
                )
            }
            text = String(number)
        }
    }
}
