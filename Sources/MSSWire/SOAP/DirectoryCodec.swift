import Foundation
import MSSCore

/// MSSP_ProviderDirectory: this platform's own, between an acquiring entity and the home (docs/wire.md).
enum DirectoryCodec {
    static func encodeRequest(_ mesh: MeshContext) -> [UInt8] {
        SOAPShape.plain.envelope(wrapper: "MSSP_ProviderDirectory", header: mesh.write) {
            $0.element("mss:MSSP_ProviderDirectoryReq")
        }
    }

    static func encodeResponse(_ directory: SignedDirectory, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: "MSSP_ProviderDirectoryResponse") { writer in
            writer.element("mss:MSSP_ProviderDirectoryResp") { writer in
                writer.element("mss:SignedDirectory", text: Data(directory.cms).base64EncodedString())
            }
        }
    }

    static func decodeResponse(_ message: XMLElement) throws(MSSFault) -> SignedDirectory {
        let written = message.children("SignedDirectory")
        guard written.count == 1, let cms = Data(base64Encoded: written[0].text), !cms.isEmpty else {
            throw MSSFault(.internalError, cause: "a provider directory that is not as it must be")
        }
        return SignedDirectory(cms: [UInt8](cms))
    }
}
