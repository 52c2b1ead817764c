import MSSCore

/// What every message begins with: versions, AP_Info, MSSP_Info; and the types that several messages use (§8.1, §9).
enum HeaderCodec {
    /// Reads what every message begins with.
    ///
    /// - Parameters:
    ///   - message: The message element.
    ///   - takesTwo: Whether version 2.0 is taken besides 1.0 to 1.2: profile queries have it.
    /// - Returns: Versions and both parties' parts.
    /// - Throws: 101, 102, 103 or 108 that names the attribute.
    static func decode(_ message: XMLElement, takesTwo: Bool = false) throws(MSSFault) -> MessageHeader {
        let major = try version(message, "MajorVersion")
        let minor = try version(message, "MinorVersion")
        try check(major, minor, takesTwo: takesTwo)
        let info = try required(message, "AP_Info")
        let apInfo = APInfo(
            id: try text(info, "AP_ID", longest: 256),
            transID: try name(info, "AP_TransID"),
            instant: try instant(info),
            url: try optionalText(info, "AP_URL")
        )
        // Present because the schema says so; whatever it is, it is not looked at.
        guard info.attribute("AP_PWD") != nil else { throw missing("AP_PWD") }
        let platform = try required(message, "MSSP_Info")
        let member = try meshMember(try required(platform, "MSSP_ID"))
        let written = platform.attribute("Instant")
        let date = written.flatMap { WireTime.date($0.withoutMargins) }
        guard written == nil || date != nil else { throw MSSFault(.wrongParam, "MSSP_Info/Instant is no xs:dateTime.") }
        return MessageHeader(
            majorVersion: major,
            minorVersion: minor,
            apInfo: apInfo,
            msspInfo: MSSPInfo(msspID: member, instant: date)
        )
    }

    /// - Throws: 108 for a version that this platform does not speak.
    static func check(_ major: Int, _ minor: Int, takesTwo: Bool) throws(MSSFault) {
        guard major == 1 && (0...2).contains(minor) || takesTwo && major == 2 && minor == 0 else {
            let two = takesTwo ? ", or 2 and 0" : ""
            throw MSSFault(.incompatibleInterface, "MajorVersion must be 1 and MinorVersion 0, 1 or 2\(two).")
        }
    }

    /// The attributes of a message element that the header gives.
    static func attributes(_ header: MessageHeader) -> [(String, String?)] {
        [("MajorVersion", String(header.majorVersion)), ("MinorVersion", String(header.minorVersion))]
    }

    /// AP_PWD is always written empty: the schema wants it, nobody needs it.
    static func write(_ header: MessageHeader, to writer: inout XMLWriter) {
        let info = header.apInfo
        writer.element(
            "mss:AP_Info",
            [
                ("AP_ID", info.id), ("AP_TransID", info.transID), ("AP_PWD", ""), ("Instant", info.instant),
                ("AP_URL", info.url),
            ]
        )
        let instant = header.msspInfo.instant.map { WireTime.text($0) }
        writer.element("mss:MSSP_Info", [("Instant", instant)]) {
            write(header.msspInfo.msspID, "mss:MSSP_ID", to: &$0)
        }
    }

    static func mobileUser(_ message: XMLElement) throws(MSSFault) -> MobileUser {
        let element = try required(message, "MobileUser")
        return MobileUser(
            identityIssuer: try member(element, "IdentityIssuer"),
            userIdentifier: try short(element, "UserIdentifier"),
            homeMSSP: try member(element, "HomeMSSP"),
            msisdn: try short(element, "MSISDN")
        )
    }

    static func write(_ user: MobileUser, to writer: inout XMLWriter) {
        writer.element("mss:MobileUser") { writer in
            if let issuer = user.identityIssuer { write(issuer, "mss:IdentityIssuer", to: &writer) }
            writer.element("mss:UserIdentifier", text: user.userIdentifier)
            if let home = user.homeMSSP { write(home, "mss:HomeMSSP", to: &writer) }
            writer.element("mss:MSISDN", text: user.msisdn)
        }
    }

    /// Status with its standard name (Annex C).
    static func write(
        _ status: Status,
        _ name: String = "mss:Status",
        to writer: inout XMLWriter,
        detail: ((inout XMLWriter) -> Void)? = nil
    ) {
        writer.element(name) { writer in
            writer.element("mss:StatusCode", [("Value", String(status.rawValue))])
            writer.element("mss:StatusMessage", text: status.name)
            if let detail { writer.element("mss:StatusDetail", [], detail) }
        }
    }

    static func status(_ message: XMLElement, in namespace: String = Namespace.mss) throws(MSSFault) -> Status {
        guard
            let value = message.child("Status", in: namespace)?.child("StatusCode")?.attribute("Value").flatMap({
                Int($0)
            }),
            let status = Status(rawValue: value)
        else { throw MSSFault(.internalError, cause: "an answer without a known status") }
        return status
    }
}

extension HeaderCodec {
    static func missing(_ what: String, specifier: Int? = nil) -> MSSFault {
        MSSFault(.missingParam, "\(what) is missing.", specifier: specifier)
    }

    static func required(_ element: XMLElement, _ name: String, specifier: Int? = nil) throws(MSSFault) -> XMLElement {
        guard let child = element.child(name) else { throw missing(name, specifier: specifier) }
        return child
    }

    static func text(_ element: XMLElement, _ attribute: String, longest: Int) throws(MSSFault) -> String {
        guard let value = element.attribute(attribute)?.withoutMargins, !value.isEmpty else { throw missing(attribute) }
        guard value.utf8.count <= longest else {
            throw MSSFault(.wrongDataLength, "\(attribute) must have at most \(longest) octets.")
        }
        return value
    }

    /// An attribute that may be missing; some clients write it empty instead.
    static func optionalText(_ element: XMLElement, _ attribute: String) throws(MSSFault) -> String? {
        guard let value = element.attribute(attribute)?.withoutMargins, !value.isEmpty else { return nil }
        return try text(element, attribute, longest: 512)
    }

    /// An NCName, except that it may begin with a digit: some clients send a bare UUID.
    static func name(_ element: XMLElement, _ attribute: String) throws(MSSFault) -> String {
        let value = try text(element, attribute, longest: 64)
        guard isName(value) else { throw notName(attribute) }
        return value
    }

    static func isName(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            guard scalar.isASCII else { return scalar.properties.isIDContinue }
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_": return true
            default: return false
            }
        }
    }

    static func notName(_ what: String) -> MSSFault {
        MSSFault(.wrongParam, "\(what) must consist of letters, digits, dots, dashes and underscores.")
    }

    private static func version(_ message: XMLElement, _ attribute: String) throws(MSSFault) -> Int {
        guard let value = Int(try text(message, attribute, longest: 8)) else {
            throw MSSFault(.wrongParam, "\(attribute) must be a number.")
        }
        return value
    }

    private static func instant(_ info: XMLElement) throws(MSSFault) -> String {
        let value = try text(info, "Instant", longest: 64)
        guard WireTime.date(value) != nil else {
            throw MSSFault(.wrongParam, "AP_Info/Instant is no xs:dateTime, such as 2026-11-24T12:00:00Z.")
        }
        return value
    }

    /// An element of a few words, which may be missing.
    static func short(_ element: XMLElement, _ name: String) throws(MSSFault) -> String? {
        guard let value = element.child(name)?.word else { return nil }
        guard value.utf8.count <= 512 else {
            throw MSSFault(.wrongDataLength, "\(name) must have at most 512 octets.")
        }
        return value
    }

    private static func member(_ element: XMLElement, _ name: String) throws(MSSFault) -> MeshMember? {
        guard let child = element.child(name) else { return nil }
        return try meshMember(child)
    }

    static func meshMember(_ element: XMLElement) throws(MSSFault) -> MeshMember {
        MeshMember(
            dnsName: try short(element, "DNSName"),
            ipAddress: try short(element, "IPAddress"),
            uri: try short(element, "URI"),
            identifier: try short(element, "IdentifierString")
        )
    }

    static func write(
        _ member: MeshMember,
        _ name: String,
        _ attributes: [(String, String?)] = [],
        to writer: inout XMLWriter
    ) {
        writer.element(name, attributes) { writer in
            writer.element("mss:DNSName", text: member.dnsName)
            writer.element("mss:IPAddress", text: member.ipAddress)
            writer.element("mss:URI", text: member.uri)
            writer.element("mss:IdentifierString", text: member.identifier)
        }
    }
}
