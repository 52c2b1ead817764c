import Hummingbird
import Logging
import MSSCore
import NIOCore

/// The way of a request from its octets to the service and back: message, call, answer or fault.
struct WireCall: Sendable {
    let settings: MeshServer.Settings
    let services: WireServices
    let tally: any Tally
    let logger: Logger

    /// Who asks, and on what.
    struct Caller {
        var peer: PeerIdentity
        /// What it calls its trace.
        var trace: TraceID?
        var connection: WireConnection
        var channel: any Channel
    }

    /// What became of a request, and how it is to be written.
    private struct Outcome {
        var result: Result<WireServices.Answer, MSSFault>
        var form: WireForm
        var trace: TraceID
        /// What was asked for, as far as that was found.
        var operation: WireOperation?
        var isMustUnderstand = false
        /// The route that is told beside an answer whose envelope is signed.
        var route: RoamingHeader?
        /// Whether a service has had the request.
        var hasRead = false
    }

    /// A request's body, and what stood beside it.
    struct Envelope: Sendable {
        var octets: [UInt8]
        /// The mesh's word on the call, where a provider's own envelope was passed on.
        var context: [String]
        /// Its route.
        var route: [String] = []
    }

    /// Answers a request that was read or could not be; `operation` is what its caller was let in for, `nil` at a common
    /// path whose envelope cannot be read.
    func answer(
        _ read: Result<SOAPRequest, WireRefusal>,
        _ envelope: Envelope,
        _ operation: WireOperation?,
        _ caller: Caller,
        since began: ContinuousClock.Instant
    ) async -> Response {
        finish(await soap(read, envelope, operation, caller), caller.peer, since: began)
    }

    /// The same in JSON; `operation` is `nil` where the message names it.
    func answer(
        json body: [UInt8],
        _ operation: WireOperation?,
        _ caller: Caller,
        since began: ContinuousClock.Instant
    ) async -> Response {
        finish(await json(body, operation, caller), caller.peer, since: began)
    }

    private func finish(_ outcome: Outcome, _ peer: PeerIdentity, since began: ContinuousClock.Instant) -> Response {
        note(outcome, peer, .now - began)
        var response =
            switch outcome.result {
            case .success(let answer): success(answer, outcome.form)
            case .failure(let fault): failure(fault, outcome, peer)
            }
        if let name = TraceContext.answer { response.headers[name] = TraceContext.text(outcome.trace) }
        if let route = outcome.route, let name = SignedMessages.routeName {
            response.headers[name] = SignedMessages.value(route)
        }
        return response
    }

    private func soap(
        _ read: Result<SOAPRequest, WireRefusal>,
        _ envelope: Envelope,
        _ operation: WireOperation?,
        _ caller: Caller
    ) async -> Outcome {
        let request: SOAPRequest
        do throws(WireRefusal) { request = try read.get() } catch {
            return Outcome(
                result: .failure(error.fault),
                form: .soap(error.shape),
                trace: caller.trace ?? .random(),
                operation: operation,
                isMustUnderstand: error.isMustUnderstand
            )
        }
        let passed = settings.profile == .mesh ? envelope.context : []
        let context = passed.first.flatMap { SignedMessages.context($0) }
        var call = call(passed.isEmpty ? request.mesh : context, caller)
        var outcome = Outcome(
            result: .failure(MSSFault(.internalError)),
            form: .soap(request.shape),
            trace: call.trace,
            operation: operation
        )
        do throws(MSSFault) {
            if let operation, request.operation != operation {
                throw MSSFault(.wrongParam, "\(operation.port) takes \(operation.rawValue) alone.")
            }
            guard services.serves(request.operation) else {
                throw MSSFault(.wrongParam, "This service does not offer \(request.operation.rawValue).")
            }
            guard passed.isEmpty else {
                guard passed.count == 1, context != nil, request.mesh == nil, request.roaming == nil,
                    envelope.route.count <= 1
                else {
                    throw MSSFault(.wrongParam, "What the mesh says of the call is not as it must be.")
                }
                let told = try envelope.route.first.map { value throws(MSSFault) in try SignedMessages.route(value) }
                outcome.route = try route(told, of: request.operation, &call)
                outcome.result = try await opened(request, envelope.octets, call, caller)
                return outcome
            }
            if let route = try route(request.roaming, of: request.operation, &call) {
                var shape = request.shape
                shape.roaming = route
                outcome.form = .soap(shape)
            }
            let message = try message(of: request, envelope.octets, &outcome)
            outcome.result = await run(message, call, outcome.form, caller)
        } catch { outcome.result = .failure(error) }
        return outcome
    }

    /// What the answer tells of the message's route, at a home that wants to be told; `nil` where there is none to tell.
    ///
    /// The call has no more time than its sender gives it.
    private func route(
        _ told: RoamingHeader?,
        of operation: WireOperation,
        _ call: inout Call
    ) throws(MSSFault) -> RoamingHeader? {
        guard let rules = settings.roaming else {
            guard told == nil else { throw SignedMessages.routeNotUnderstood }
            return nil
        }
        guard operation.roams else { return nil }
        do throws(MSSFault) {
            guard let answer = try rules.answer(to: told, from: call.peer, call.trace, at: settings.now()) else {
                return nil
            }
            call.deadline = min(call.deadline, .now + .seconds(told?.entries.last?.timeOut ?? 0))
            return answer
        } catch {
            tally.count("wire_routes_refused", [("fault", String(error.code.rawValue))])
            throw error
        }
    }

    /// What is asked; with its envelope where that is signed and the home is to see it.
    private func message(
        of request: SOAPRequest,
        _ envelope: [UInt8],
        _ outcome: inout Outcome
    ) throws(MSSFault) -> WireServices.Message {
        let message = try WireServices.decode(request)
        guard request.signature != .none else { return message }
        if let signed = services.signed, let content = SignedMessages.content(message) {
            let type = request.shape.version.contentType
            let whole = SignedMessage(content, envelope: envelope, contentType: type)
            if signed.takesSigned(from: whole.apInfo.id) { return .signed(whole) }
        }
        guard request.signature == .optional else {
            outcome.isMustUnderstand = true
            throw SignedMessages.notUnderstood
        }
        return message
    }

    /// At the edge alone: JSON has no place for what the mesh says of a call.
    private func json(
        _ body: [UInt8],
        _ operation: WireOperation?,
        _ caller: Caller
    ) async -> Outcome {
        let call = call(nil, caller)
        var outcome = Outcome(
            result: .failure(MSSFault(.internalError)),
            form: .json,
            trace: call.trace,
            operation: operation
        )
        do throws(MSSFault) {
            let request = try JSONReader(now: settings.now(), trace: call.trace).request(body)
            guard operation ?? request.operation == request.operation else {
                throw MSSFault(.wrongParam, "This path takes another operation than \(request.operation.rawValue).")
            }
            outcome.operation = request.operation
            guard services.serves(request.operation), settings.gate.mayCall(request.operation, caller.peer) else {
                throw MSSFault(.unauthorizedAccess, "\(request.operation.rawValue) may not be called here.")
            }
            outcome.hasRead = true
            outcome.result = await run(request.message, call, .json, caller)
        } catch { outcome.result = .failure(error) }
        return outcome
    }

    /// Inside the mesh the caller's word on origin and time counts; at the edge it is not looked at.
    private func call(_ mesh: MeshContext?, _ caller: Caller) -> Call {
        let longest = settings.limits.callTime
        guard settings.profile == .mesh, let mesh else {
            return Call(
                peer: caller.peer,
                certificate: caller.connection.certificate,
                deadline: .now + longest,
                trace: caller.trace ?? .random()
            )
        }
        return Call(
            peer: caller.peer,
            origin: mesh.origin,
            certificate: mesh.certificate,
            deadline: .now + min(mesh.remaining, longest),
            trace: mesh.trace
        )
    }

    /// Calls the service in a task of its own, the one bridge from connections to tasks: what ends a call early, its
    /// caller's going or a deadline overrun by a service, comes from the event loop, which can cancel nothing else.
    func run(
        _ message: WireServices.Message,
        _ call: Call,
        _ form: WireForm,
        _ caller: Caller
    ) async -> Result<WireServices.Answer, MSSFault> {
        let services = services
        let task = Task<Result<WireServices.Answer, MSSFault>, Never>(executorPreference: EventLoopTasks.shared) {
            do throws(MSSFault) { return .success(try await services.answer(message, call, form)) } catch {
                return .failure(error)
            }
        }
        let last = call.deadline + settings.limits.overtime
        let connection = caller.connection
        let clock = caller.channel.eventLoop.scheduleTask(in: TimeAmount(last - .now)) { task.cancel() }
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
    private func note(_ outcome: Outcome, _ peer: PeerIdentity, _ time: Duration) {
        let operation = outcome.operation?.rawValue ?? "unknown"
        var code = "ok"
        var cause: String?
        if case .failure(let fault) = outcome.result {
            code = String(fault.code.rawValue)
            cause = fault.cause
        }
        tally.count("wire_requests", [("operation", operation), ("outcome", code)])
        if case .json = outcome.form { tally.count("wire_json_requests") }
        tally.measure("wire_request", time, [("operation", operation)])
        var metadata: Logger.Metadata = [
            "operation": "\(operation, as: .open)", "outcome": "\(code, as: .open)",
            "form": "\(outcome.form.name, as: .open)", "peer": "\(peer, as: settings.peerAsset)",
            "trace": "\(outcome.trace, as: .open)",
            "microseconds": "\(Int(time / .microseconds(1)), as: .open)",
        ]
        if let cause { metadata["cause"] = "\(cause, as: .system)" }
        logger.info("request answered", metadata: metadata)
    }

    private func success(_ answer: WireServices.Answer, _ form: WireForm) -> Response {
        var response = response(.ok, answer.octets, form)
        if settings.exposesTiming, let time = answer.simTime, let name = ServerTiming.name {
            response.headers[name] = ServerTiming.text(time)
        }
        return response
    }

    private func failure(_ fault: MSSFault, _ outcome: Outcome, _ peer: PeerIdentity) -> Response {
        let hasTwoLevels = settings.profile == .edge && settings.hasTwoLevels(peer)
        switch outcome.form {
        case .soap(let shape):
            let octets =
                fault.envelope
                ?? FaultCodec.encode(
                    fault,
                    shape,
                    trace: outcome.trace,
                    inMesh: settings.profile == .mesh,
                    hasTwoLevels: hasTwoLevels,
                    isMustUnderstand: outcome.isMustUnderstand
                )
            return response(.internalServerError, octets, outcome.form)
        case .json:
            let octets = JSONFault.encode(fault, trace: outcome.trace, hasTwoLevels: hasTwoLevels)
            let wanted = settings.json?.statuses(peer) ?? .one
            guard wanted != .one else { return response(.internalServerError, octets, .json) }
            let isStranger = wanted == .stranger
            let told = FaultStatus(fault, outcome.operation, isStranger: isStranger, hasRead: outcome.hasRead)
            var response = response(told.status, octets, .json)
            response.headers[.retryAfter] = told.retryAfter.map { String($0) }
            // RFC 9110 wants a challenge; what is wanted is another client certificate.
            if told.status == .unauthorized { response.headers[.wwwAuthenticate] = "ClientCertificate" }
            return response
        }
    }

    private func response(_ status: HTTPResponse.Status, _ octets: [UInt8], _ form: WireForm) -> Response {
        Response(
            status: status,
            headers: [.contentType: form.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: octets))
        )
    }
}
