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
        switch request.message {
        case .signature(let signature):
            return carried(signature, \.header, SignatureCodec.encodeRequest, SignatureCodec.decodeRequest)
        case .status(let status):
            return carried(status, \.header, StatusCodec.encodeRequest, StatusCodec.decodeRequest)
        case .receipt(let receipt):
            return carried(receipt, \.header, ReceiptCodec.encodeRequest, ReceiptCodec.decodeRequest)
        case .profile(let profile):
            return carried(profile, \.header, ProfileCodec.encodeRequest, ProfileCodec.decodeRequest)
        case .cancel(let cancel):
            return carried(cancel, \.header, OwnCodec.encodeRequest, OwnCodec.decodeCancelRequest)
        case .fit(let fit): return carried(fit, \.header, OwnCodec.encodeRequest, OwnCodec.decodeFitRequest)
        case .registration, .directory, .handshake: return .taken
        }
    }

    /// The home may refuse it, as it may refuse any request; it may not get another one.
    private static func carried<Request>(
        _ request: Request,
        _ header: WritableKeyPath<Request, MessageHeader>,
        _ encode: (Request, MeshContext) -> [UInt8],
        _ decode: (SOAPRequest) throws(MSSFault) -> Request
    ) -> Outcome {
        let mesh = MeshContext(origin: nil, remaining: .seconds(1), trace: .random())
        var request = request
        // The acquiring entity fills it in.
        if request[keyPath: header].apInfo.id.isEmpty { request[keyPath: header].apInfo.id = "http://ap" }
        let octets = encode(request, mesh)
        guard let read = try? SOAPReader.request(octets) else { return .changed }
        guard let decoded = try? decode(read) else { return .taken }
        return encode(decoded, mesh) == octets ? .taken : .changed
    }
}
