import MSSCore

import struct Foundation.Date

/// Activations that were asked asynchronously: answered at once, carried out here, asked after by GetMobileUser.
public final class ActivationQueue: Sendable {
    private struct Job: Sendable {
        var activation: MobileUserActivation
        var header: MessageHeader
        var call: Call
    }

    private let jobs: AsyncStream<Job>
    private let input: AsyncStream<Job>.Continuation
    private let identity: String

    /// - Parameters:
    ///   - identity: This entity, as answers name it.
    ///   - longest: Activations that may wait; more are refused.
    public init(identity: String, longest: Int = 1_000) {
        (jobs, input) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(longest))
        self.identity = identity
    }

    func accept(_ request: RegistrationRequest, _ call: Call) throws(MSSFault) -> RegistrationResponse {
        guard request.messagingMode == .asynchClientServer, case .activateMobileUser(let activation) = request.operation
        else {
            throw MSSFault(.wrongParam, "MessagingMode must be synch or asynchClientServer.", specifier: 1013)
        }
        var call = call
        call.deadline = .now + .seconds(300)
        guard case .enqueued = input.yield(Job(activation: activation, header: request.header, call: call)) else {
            throw MSSFault(.unableToProvideServices, "Too many activations are waiting; try again later.")
        }
        return RegistrationResponse(header: request.header.answered(by: identity, at: .now), outcome: .done)
    }

    /// Carries out what was accepted until it is cancelled.
    public func run(_ entity: ManagementEntity) async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { await entity.activateLater(job.activation, job.header, job.call) }
            }
        }
    }
}
