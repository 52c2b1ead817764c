import Hummingbird
import Logging
import MSSCore
import NIOCore

/// The way of a request from its octets to the service and back: envelope, call, answer or fault.
struct WireCall: Sendable {
    let settings: MeshServer.Settings
    let services: WireServices
    let tally: any Tally
    let logger: Logger

    /// What became of a request, and how it is to be written.
    private struct Outcome {
        var result: Result<WireServices.Answer, MSSFault>
        var shape: SOAPShape
        var trace: TraceID
        var isMustUnderstand = false
    }

    /// Answers a request that was read or could not be; `operation` is what its caller was let in for, `nil` at a common
    /// path whose envelope cannot be read.
    func answer(
        _ read: Result<SOAPRequest, WireRefusal>,
        _ operation: WireOperation?,
        _ peer: PeerIdentity,
        since began: ContinuousClock.Instant,
        _ connection: WireConnection,
        _ channel: any Channel
    ) async -> Response {
        let outcome = await outcome(read, operation, peer, connection, channel)
        note(outcome, operation, peer, .now - began)
        switch outcome.result {
        case .success(let answer): return success(answer, outcome.shape)
        case .failure(let fault):
            let octets = FaultCodec.encode(
                fault,
                outcome.shape,
                trace: outcome.trace,
                inMesh: settings.profile == .mesh,
                isMustUnderstand: outcome.isMustUnderstand
            )
            return response(.internalServerError, octets, outcome.shape)
        }
    }

    private func outcome(
        _ read: Result<SOAPRequest, WireRefusal>,
        _ operation: WireOperation?,
        _ peer: PeerIdentity,
        _ connection: WireConnection,
        _ channel: any Channel
    ) async -> Outcome {
        let request: SOAPRequest
        do throws(WireRefusal) { request = try read.get() } catch {
            return Outcome(
                result: .failure(error.fault),
                shape: error.shape,
                trace: .random(),
                isMustUnderstand: error.isMustUnderstand
            )
        }
        let call = call(request, peer)
        let shape = request.shape
        do throws(MSSFault) {
            if let operation, request.operation != operation {
                throw MSSFault(.wrongParam, "\(operation.port) takes \(operation.rawValue) alone.")
            }
            guard services.serves(request.operation) else {
                throw MSSFault(.wrongParam, "This service does not offer \(request.operation.rawValue).")
            }
            let message = try WireServices.decode(request)
            let result = await run(message, call, shape, connection, channel)
            return Outcome(result: result, shape: shape, trace: call.trace)
        } catch {
            return Outcome(result: .failure(error), shape: shape, trace: call.trace)
        }
    }

    /// Inside the mesh the caller's word on origin, time and trace counts; at the edge it is not looked at.
    private func call(_ request: SOAPRequest, _ peer: PeerIdentity) -> Call {
        let longest = settings.limits.callTime
        guard settings.profile == .mesh, let mesh = request.mesh else {
            return Call(peer: peer, deadline: .now + longest)
        }
        let time = min(mesh.remaining, longest)
        return Call(peer: peer, origin: mesh.origin, deadline: .now + time, trace: mesh.trace)
    }

    /// Calls the service in a task of its own, the one bridge from connections to tasks: what ends a call early, its
    /// caller's going or a deadline overrun by a service, comes from the event loop, which can cancel nothing else.
    private func run(
        _ message: WireServices.Message,
        _ call: Call,
        _ shape: SOAPShape,
        _ connection: WireConnection,
        _ channel: any Channel
    ) async -> Result<WireServices.Answer, MSSFault> {
        let services = services
        let task = Task<Result<WireServices.Answer, MSSFault>, Never>(executorPreference: EventLoopTasks.shared) {
            do throws(MSSFault) { return .success(try await services.answer(message, call, shape)) } catch {
                return .failure(error)
            }
        }
        let last = call.deadline + settings.limits.overtime
        let clock = channel.eventLoop.scheduleTask(in: TimeAmount(last - .now)) { task.cancel() }
        connection.begin({ task.cancel() }, note: { tally.count("wire_callers_gone") })
        defer {
            connection.finish()
            clock.cancel()
        }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            // The server may hear of it before the connection's watch does: whoever is first counts it and ends the call.
            connection.callerHasGone { tally.count("wire_callers_gone") }
        }
        guard case .failure = result, last <= .now else { return result }
        tally.count("wire_calls_overrun")
        return .failure(
            MSSFault(.expiredTransaction, "The request's time is over.", cause: "the service overran the deadline")
        )
    }
}

extension WireCall {
    /// One line a request.
    private func note(_ outcome: Outcome, _ operation: WireOperation?, _ peer: PeerIdentity, _ time: Duration) {
        let name = operation?.rawValue ?? "unknown"
        var code = "ok"
        var cause: String?
        if case .failure(let fault) = outcome.result {
            code = String(fault.code.rawValue)
            cause = fault.cause
        }
        tally.count("wire_requests", [("operation", name), ("outcome", code)])
        tally.measure("wire_request", time, [("operation", name)])
        var metadata: Logger.Metadata = [
            "operation": "\(name, as: .open)", "outcome": "\(code, as: .open)",
            "peer": "\(peer, as: settings.peerAsset)", "trace": "\(outcome.trace, as: .open)",
            "microseconds": "\(Int(time / .microseconds(1)), as: .open)",
        ]
        if let cause { metadata["cause"] = "\(cause, as: .system)" }
        logger.info("request answered", metadata: metadata)
    }

    private func success(_ answer: WireServices.Answer, _ shape: SOAPShape) -> Response {
        var response = response(.ok, answer.octets, shape)
        if settings.exposesTiming, let time = answer.simTime, let name = ServerTiming.name {
            response.headers[name] = ServerTiming.text(time)
        }
        return response
    }

    private func response(_ status: HTTPResponse.Status, _ octets: [UInt8], _ shape: SOAPShape) -> Response {
        Response(
            status: status,
            headers: [.contentType: shape.version.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: octets))
        )
    }
}
