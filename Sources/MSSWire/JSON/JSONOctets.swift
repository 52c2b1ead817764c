import Foundation
import MSSCore

/// For the fuzzer: octets as JSON from a provider, and what must hold of all that is taken.
@_spi(Octets) public enum JSONOctets {
    public enum Outcome: Sendable {
        case refused
        case taken
        /// What goes on to the home is not XML, or another request.
        case changed
    }

    /// Reads a message, and writes and reads it again as it would go on to the home.
    public static func read(_ octets: [UInt8]) -> Outcome {
        let reader = JSONReader(now: .init(timeIntervalSince1970: 1_767_225_600), trace: .random())
        guard let request = try? reader.request(octets) else { return .refused }
        let mesh = MeshContext(origin: nil, remaining: .seconds(1), trace: .random())
        switch request.message {
        case .signature(var signature):
            if signature.header.apInfo.id.isEmpty { signature.header.apInfo.id = "http://ap" }
            return carried(SignatureCodec.encodeRequest(signature, mesh)) { request throws(MSSFault) in
                SignatureCodec.encodeRequest(try SignatureCodec.decodeRequest(request), mesh)
            }
        case .status(var status):
            if status.header.apInfo.id.isEmpty { status.header.apInfo.id = "http://ap" }
            return carried(StatusCodec.encodeRequest(status, mesh)) { request throws(MSSFault) in
                StatusCodec.encodeRequest(try StatusCodec.decodeRequest(request), mesh)
            }
        default: return .taken
        }
    }

    /// The home may refuse it, as it may refuse any request; it may not get another one.
    private static func carried(
        _ octets: [UInt8],
        again: (SOAPRequest) throws(MSSFault) -> [UInt8]
    ) -> Outcome {
        guard let request = try? SOAPReader.request(octets) else { return .changed }
        guard let written = try? again(request) else { return .taken }
        return written == octets ? .taken : .changed
    }
}
