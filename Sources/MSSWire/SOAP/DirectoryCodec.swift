import MSSCore

/// MSSP_ProviderDirectory: this platform's own, between an acquiring entity and the home (docs/wire.md).
enum DirectoryCodec {
    static func encodeRequest(_ mesh: MeshContext) -> [UInt8] {
        SOAPShape.plain.envelope(wrapper: "MSSP_ProviderDirectory", header: mesh.write) {
            $0.element("mss:MSSP_ProviderDirectoryReq")
        }
    }

    static func encodeResponse(_ directory: ProviderDirectory, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSSP_ProviderDirectoryResponse") { writer in
            writer.element("mss:MSSP_ProviderDirectoryResp") { writer in
                for provider in directory.providers {
                    let attributes: [(String, String?)] = [
                        ("ID", provider.id), ("Name", provider.displayName),
                        ("SeparateDisplay", provider.showsOtherwise ? "true" : nil),
                        ("Digests", provider.signsDigests ? "true" : nil),
                        ("PreciseStatus", provider.wantsPreciseStatus ? "true" : nil),
                    ]
                    writer.element("mss:Provider", attributes) { writer in
                        for identity in provider.identities.map(\.uri).sorted() {
                            writer.element("mss:Identity", text: identity)
                        }
                        for target in provider.notificationTargets.map(\.url).sorted() {
                            writer.element("mss:Notify", text: target)
                        }
                        for entity in provider.acquiringEntities.map(\.uri).sorted() {
                            writer.element("mss:AcquiringEntity", text: entity)
                        }
                    }
                }
            }
        }
    }

    static func decodeResponse(_ message: XMLElement) throws(MSSFault) -> ProviderDirectory {
        var providers: [ApplicationProvider] = []
        for element in message.children("Provider") {
            guard let id = element.attribute("ID"), !id.isEmpty, let name = element.attribute("Name"),
                element.children.allSatisfy({ !$0.text.isEmpty })
            else {
                throw MSSFault(.internalError, cause: "a provider directory that is not as it must be")
            }
            providers.append(
                ApplicationProvider(
                    id: id,
                    identities: Set(element.children("Identity").map { PeerIdentity(uri: $0.text) }),
                    acquiringEntities: Set(element.children("AcquiringEntity").map { PeerIdentity(uri: $0.text) }),
                    displayName: name,
                    showsOtherwise: element.attribute("SeparateDisplay") == "true",
                    signsDigests: element.attribute("Digests") == "true",
                    wantsPreciseStatus: element.attribute("PreciseStatus") == "true",
                    notificationTargets: Set(element.children("Notify").compactMap { NotificationTarget($0.text) })
                )
            )
        }
        return ProviderDirectory(providers: providers)
    }
}
