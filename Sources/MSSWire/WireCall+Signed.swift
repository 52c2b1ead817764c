import Crypto
import Foundation
import MSSCore

/// At the home: what a provider has signed.
extension WireCall {
    /// Has a provider's signature verified, does what the signed octets say and nothing else, and has the answer signed, a
    /// fault as well: from here on the provider hears of nothing that was not done or refused at the home.
    func opened(
        _ request: SOAPRequest,
        _ envelope: [UInt8],
        _ call: Call,
        _ caller: Caller
    ) async throws(MSSFault) -> Result<WireServices.Answer, MSSFault> {
        guard let security = services.security else {
            throw MSSFault(.wrongParam, "This service opens no signed messages.")
        }
        let claimed = try HeaderCodec.decode(request.message, takesTwo: true).apInfo.id
        let opened = try await security.open(envelope, from: claimed, call)
        do throws(MSSFault) {
            let (message, shape) = try Self.content(of: opened, request, claimed)
            var call = call
            call.signer = claimed
            var answer = try await run(message, call, .soap(shape), caller).get()
            answer.octets = try opened.seal(answer.octets)
            return .success(answer)
        } catch {
            return .failure(try Self.signed(error, opened, request.shape, call.trace))
        }
    }

    /// What is asked in the octets that were signed, and in the form that its answer is to have.
    private static func content(
        of opened: OpenedMessage,
        _ request: SOAPRequest,
        _ claimed: String
    ) throws(MSSFault) -> (WireServices.Message, SOAPShape) {
        let signed: SOAPRequest
        do { signed = try SOAPReader.message(opened.message, in: request.shape) } catch { throw error.fault }
        guard signed.operation == request.operation else { throw notAsked }
        let message = try WireServices.decode(signed)
        guard SignedMessages.content(message).map({ $0.apInfo.id == claimed }) ?? false else { throw notAsked }
        return (message, signed.shape)
    }

    private static var notAsked: MSSFault {
        MSSFault(.unauthorizedAccess, "What is signed is not what is asked.", specifier: 1046)
    }

    /// A fault under the platform's signature, which names the request that it answers.
    ///
    /// - Throws: What kept it from being signed.
    private static func signed(
        _ fault: MSSFault,
        _ opened: OpenedMessage,
        _ shape: SOAPShape,
        _ trace: TraceID
    ) throws(MSSFault) -> MSSFault {
        var fault = fault
        fault.envelope = try opened.seal(
            FaultCodec.encode(
                fault,
                shape,
                trace: trace,
                inMesh: false,
                hasTwoLevels: opened.wantsSpecifiers,
                request: Array(SHA256.hash(data: opened.message))
            )
        )
        return fault
    }
}
