import KeyVault
import MSSCore
import MSSRuntime

/// The home's conversations, refused while its vault is sealed: nothing is begun, and the caller is told so.
struct WhileUnsealed {
    let vault: Vault

    /// 780: another home, or this one later, can do it.
    private func admit() throws(MSSFault) {
        guard vault.isSealed else { return }
        throw MSSFault(
            .unableToProvideServices,
            "The platform was started and its keys are not unlocked yet; nothing was begun. Try again in some minutes.",
            cause: "the vault is sealed: HomeMSSPService unseal"
        )
    }

    func signatures(_ service: any SignatureService) -> any SignatureService {
        Signatures(gate: self, service: service)
    }

    func registrations(_ service: any RegistrationService) -> any RegistrationService {
        Registrations(gate: self, service: service)
    }

    /// Work on transactions: begun once the vault is open, and not before.
    func work(_ work: @escaping @Sendable () async -> Void) -> BackgroundWork {
        BackgroundWork { [vault] in
            while vault.isSealed {
                guard (try? await Task.sleep(for: .milliseconds(100))) != nil else { return }
            }
            await work()
        }
    }

    private struct Signatures: SignatureService {
        let gate: WhileUnsealed
        let service: any SignatureService

        func signature(_ request: SignatureRequest, _ call: Call) async throws(MSSFault) -> SignatureResponse {
            try gate.admit()
            return try await service.signature(request, call)
        }

        func status(_ request: StatusRequest, _ call: Call) async throws(MSSFault) -> StatusResponse {
            try gate.admit()
            return try await service.status(request, call)
        }

        func receipt(_ request: ReceiptRequest, _ call: Call) async throws(MSSFault) -> ReceiptResponse {
            try gate.admit()
            return try await service.receipt(request, call)
        }

        func cancel(_ request: CancelRequest, _ call: Call) async throws(MSSFault) -> CancelResponse {
            try gate.admit()
            return try await service.cancel(request, call)
        }

        func fit(_ request: FitRequest, _ call: Call) async throws(MSSFault) -> FitResponse {
            try gate.admit()
            return try await service.fit(request, call)
        }

        func profile(_ request: ProfileRequest, _ call: Call) async throws(MSSFault) -> ProfileResponse {
            try gate.admit()
            return try await service.profile(request, call)
        }
    }

    private struct Registrations: RegistrationService {
        let gate: WhileUnsealed
        let service: any RegistrationService

        func register(_ request: RegistrationRequest, _ call: Call) async throws(MSSFault) -> RegistrationResponse {
            try gate.admit()
            return try await service.register(request, call)
        }
    }
}
