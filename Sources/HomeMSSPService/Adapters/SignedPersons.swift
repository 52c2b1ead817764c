import Foundation
import HomeMSSP
import KeyVault
import MSSCore
import MSSRuntime
import Signatures

/// What is told of persons, signed as SAML by the platform's identity.
struct SignedPersons: PersonIdentitySigner {
    let identity: PlatformIdentity

    func check() async throws(MSSFault) { _ = try await identity.signing() }

    func response(_ person: PersonIdentity) async throws(MSSFault) -> [UInt8] {
        let record = try await identity.signing()
        do {
            let response = try AttributeResponse(
                AttributeResponse.Statement(
                    id: person.id,
                    assertionID: "_" + TraceID.random().description,
                    issueInstant: person.issued.formatted(.iso8601),
                    issuer: person.issuer,
                    subject: person.transaction.description,
                    audience: person.audience,
                    status: person.extent.uri,
                    attributes: person.values.map { ($0.attribute.uri, $0.text) }
                ),
                certificates: record.chain
            )
            return try response.octets(
                signed: identity.vault.sign(response.signedInfo, as: .message, by: record).value
            )
        } catch { throw MSSFault(.internalError, cause: "\(error)") }
    }
}

extension PlatformIdentity {
    /// The identity that signs what providers are told.
    ///
    /// - Throws: 780 while there is none.
    func signing() async throws(MSSFault) -> IdentityRecord {
        do throws(ConsoleRefusal) {
            guard let active = try await active() else {
                throw ConsoleRefusal("no identity signs: identity make, request and install")
            }
            return active
        } catch {
            throw MSSFault(
                .unableToProvideServices,
                "The home cannot sign its answers now; nothing was begun.",
                cause: error.description
            )
        }
    }
}
