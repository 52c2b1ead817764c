import Foundation
import MSSCore

/// For the fuzzer: octets as a request from a provider, and what must hold of all that is taken.
@_spi(Octets) public enum RequestOctets {
    public enum Outcome: Sendable, Equatable {
        case refused
        case taken
        /// What goes on to the home, or back to the caller, is not XML, or says something else.
        case changed
    }

    private static let mesh = MeshContext(origin: nil, remaining: .seconds(1), trace: .random())

    /// Reads JSON, and writes and reads it again as it would go on to the home.
    public static func json(_ octets: [UInt8]) -> Outcome {
        let reader = JSONReader(now: .init(timeIntervalSince1970: 1_767_225_600), trace: .random())
        guard let request = try? reader.request(octets) else { return .refused }
        return carried(request.message)
    }

    /// Reads an envelope of either version; the same, and the answers that its caller would get are read too.
    public static func soap(_ octets: [UInt8]) -> Outcome {
        do {
            let request = try SOAPReader.request(octets, roams: true)
            guard let message = try? WireServices.decode(request) else {
                return isReadable(fault: MSSFault(.wrongParam), request.shape) ? .refused : .changed
            }
            var shape = request.shape
            shape.roaming = request.roaming
            guard isReadable(fault: MSSFault(.internalError), shape),
                isReadable(answer(request, shape), request.operation)
            else { return .changed }
            return carried(message, request.roaming)
        } catch {
            return isReadable(fault: error.fault, error.shape) ? .refused : .changed
        }
    }

    /// The home may refuse it, as it may refuse any request; it may not get another one.
    private static func carried(_ message: WireServices.Message, _ roaming: RoamingHeader? = nil) -> Outcome {
        var mesh = mesh
        mesh.roaming = roaming
        guard let octets = encode(message, mesh) else { return .taken }
        guard let request = try? SOAPReader.request(octets, roams: true) else { return .changed }
        guard let again = try? WireServices.decode(request) else { return .taken }
        mesh.roaming = request.roaming
        return encode(again, mesh) == octets ? .taken : .changed
    }

    /// As it goes on to the home; `nil` for what does not.
    private static func encode(_ message: WireServices.Message, _ mesh: MeshContext) -> [UInt8]? {
        switch message {
        case .signature(var request):
            name(&request.header)
            return SignatureCodec.encodeRequest(request, mesh)
        case .status(var request):
            name(&request.header)
            return StatusCodec.encodeRequest(request, mesh)
        case .receipt(var request):
            name(&request.header)
            return ReceiptCodec.encodeRequest(request, mesh)
        case .profile(var request):
            name(&request.header)
            return ProfileCodec.encodeRequest(request, mesh)
        case .cancel(var request):
            name(&request.header)
            return OwnCodec.encodeRequest(request, mesh)
        case .fit(var request):
            name(&request.header)
            return OwnCodec.encodeRequest(request, mesh)
        case .registration(let request): return RegistrationCodec.encodeRequest(request, mesh)
        case .certificate(let request): return CertificateCodec.encodeRequest(request, mesh)
        case .notifications(let lease): return NotificationCodec.encodeRequest(lease, mesh)
        case .directory, .handshake, .signed: return nil
        }
    }

    /// JSON may leave the name to the certificate.
    private static func name(_ header: inout MessageHeader) {
        if header.apInfo.id.isEmpty { header.apInfo.id = "http://ap" }
    }
}

extension RequestOctets {
    private static func isReadable(fault: MSSFault, _ shape: SOAPShape) -> Bool {
        let octets = FaultCodec.encode(fault, shape, trace: .random(), inMesh: false)
        guard case .fault(let read)? = try? SOAPReader.response(octets, to: .signature) else { return false }
        return read.code == fault.code
    }

    /// Where the request's own words stand in an answer: its wrapper's namespace, its names.
    private static func answer(_ request: SOAPRequest, _ shape: SOAPShape) -> [UInt8] {
        shape.envelope(wrapper: request.operation.rawValue + "Response") { writer in
            let header = try? HeaderCodec.decode(request.message, takesTwo: true)
            writer.element(request.operation.responseElement, []) { writer in
                if let header { HeaderCodec.write(header, to: &writer) }
            }
        }
    }

    private static func isReadable(_ octets: [UInt8], _ operation: WireOperation) -> Bool {
        guard let document = try? XMLDocument(octets, limits: .answer) else { return false }
        let body = document.root.children.last
        return body?.children.first.map { [$0.name, $0.children.first?.name].contains(operation.responseElement) }
            ?? false
    }
}
