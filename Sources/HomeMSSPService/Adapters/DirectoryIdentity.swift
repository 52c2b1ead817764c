import HomeMSSP
import KeyVault
import MSSCore
import MSSRuntime
import Signatures

/// The platform's signing identity, as it signs provider directories.
struct DirectoryIdentity: DirectorySigner {
    let identity: PlatformIdentity

    func sign(_ content: [UInt8]) async throws(MSSFault) -> SignedDirectory {
        do throws(ConsoleRefusal) {
            guard let signer = try await identity.active() else {
                throw ConsoleRefusal("no identity signs: identity make, request and install")
            }
            return SignedDirectory(cms: try message(content, by: signer))
        } catch {
            throw MSSFault(
                .unableToProvideServices,
                "The home cannot sign its provider directory now.",
                cause: error.description
            )
        }
    }

    private func message(_ content: [UInt8], by signer: IdentityRecord) throws(ConsoleRefusal) -> [UInt8] {
        do {
            return try identity.vault.sign(content, as: .directory, by: signer).message(by: signer)
        } catch { throw ConsoleRefusal("\(error)") }
    }
}
