import MSSCore

/// The SOAP header block RoamingHeader; every name of it stands here, for the standard's schema was not at hand.
enum RoamingCodec {
    static let block = "RoamingHeader"
    private static let entry = "RoamingHeaderEntry"
    private static let info = "RE_SenderInfo"
    private static let sender = "RE_Sender"
    private static let transactionID = "RE_TransactionID"
    private static let role = "Mesh_Role"
    private static let common = "CommonHeader"
    private static let home = "HomeMSSP"
    /// Where faults and entries say which member of the mesh they are of.
    private static let roles = "http://uri.etsi.org/TS102207/v1.1.3#role_"
    /// SOAP 1.2's and 1.1's words for who is next.
    private static let next = (v12: Namespace.soap12 + "/role/next", v11: "http://schemas.xmlsoap.org/soap/actor/next")
    private static let longestTime = 86_400

    static func uri(_ role: MeshRole) -> String { roles + role.rawValue }

    static func role(_ uri: String) -> MeshRole? {
        MeshRole(rawValue: String(uri.hasPrefix(roles) ? uri.dropFirst(roles.count) : uri[...]))
    }

    static func write(_ header: RoamingHeader, _ version: SOAPShape.Version, to writer: inout XMLWriter) {
        let isNew = version == .v12
        writer.element(
            "msrs:" + block,
            [
                ("xmlns:msrs", Namespace.roaming), ("soapenv:mustUnderstand", isNew ? "true" : "1"),
                (isNew ? "soapenv:role" : "soapenv:actor", isNew ? next.v12 : next.v11),
            ]
        ) { writer in
            for entry in header.entries { write(entry, to: &writer) }
            writer.element("msrs:" + common) { writer in
                if let home = header.home { HeaderCodec.write(home, "msrs:" + Self.home, to: &writer) }
            }
        }
    }

    private static func write(_ entry: RoamingHeader.Entry, to writer: inout XMLWriter) {
        writer.element("msrs:" + Self.entry, [("MajorVersion", "1"), ("MinorVersion", "1")]) { writer in
            writer.element(
                "msrs:" + info,
                [
                    ("Instant", WireTime.text(entry.instant)), (transactionID, entry.transactionID),
                    ("TimeOut", String(entry.timeOut)),
                ]
            ) { writer in
                HeaderCodec.write(entry.sender, "msrs:" + sender, [(role, uri(entry.role))], to: &writer)
            }
        }
    }

    /// Reads the block.
    ///
    /// - Throws: 101, 102, 103 or 108 that names what is not as it must be.
    static func read(_ element: XMLElement) throws(MSSFault) -> RoamingHeader {
        let written = element.children(Self.entry, in: Namespace.roaming)
        guard written.count <= RoamingHeader.mostEntries else {
            throw MSSFault(.wrongDataLength, "RoamingHeader has more than \(RoamingHeader.mostEntries) entries.")
        }
        var entries: [RoamingHeader.Entry] = []
        for element in written { entries.append(try entry(element)) }
        let plans = element.children(common, in: Namespace.roaming)
        guard plans.count <= 1 else { throw MSSFault(.wrongParam, "RoamingHeader has two CommonHeader.") }
        let home = plans.first?.child(home, in: Namespace.roaming)
        return RoamingHeader(
            entries: entries,
            home: try home.map { home throws(MSSFault) in try HeaderCodec.meshMember(home) }
        )
    }

    private static func entry(_ element: XMLElement) throws(MSSFault) -> RoamingHeader.Entry {
        guard element.attribute("MajorVersion") == "1", element.attribute("MinorVersion") == "1" else {
            throw MSSFault(.incompatibleInterface, "RoamingHeaderEntry must have MajorVersion 1 and MinorVersion 1.")
        }
        guard let info = element.child(info, in: Namespace.roaming),
            let sender = info.child(sender, in: Namespace.roaming)
        else { throw MSSFault(.missingParam, "A RoamingHeaderEntry lacks RE_SenderInfo or RE_Sender.") }
        guard let instant = info.attribute("Instant").flatMap({ WireTime.date($0) }),
            let timeOut = info.attribute("TimeOut").flatMap({ Int($0) }), (0...longestTime).contains(timeOut)
        else {
            throw MSSFault(
                .wrongParam,
                "RE_SenderInfo needs Instant, an xs:dateTime, and TimeOut, 0 to \(longestTime)."
            )
        }
        guard let role = sender.attribute(role).flatMap({ Self.role($0) }) else {
            throw MSSFault(.wrongParam, "RE_Sender/Mesh_Role is none of the roles of TS 102 207.")
        }
        return RoamingHeader.Entry(
            role: role,
            sender: try HeaderCodec.meshMember(sender),
            transactionID: try HeaderCodec.name(info, transactionID),
            instant: instant,
            timeOut: timeOut
        )
    }
}
