import Foundation
import HomeMSSP
import Logging
import MSSCore
import MSSRuntime
import MSSWire
import Signatures

/// The home's file of application providers, read at the start and again when it changes.
struct ProviderFile: Sendable {
    /// deploy/config/providers.toml.
    private struct Content: Decodable, Sendable {
        var provider: [ProviderEntry]
    }

    let path: ConfiguredPath
    /// What the file was before it was read for the first time.
    private let named: [Int]

    init(path: ConfiguredPath) {
        self.path = path
        named = PublicFile.stamp(path.path)
    }

    /// - Throws: One line that names the file, and the key of what is wrong first.
    func read() throws(StartError) -> [ApplicationProvider] {
        let entries = try ConfigurationFile.load(Content.self, from: path.path).provider
        guard Set(entries.map(\.id)).count == entries.count else {
            throw StartError("\(path): two providers have the same id")
        }
        for entry in entries where ShownText.heading(entry.name) == nil {
            throw StartError("\(path): the name of \(entry.id) cannot be shown on one page of a phone")
        }
        return try entries.map { entry throws(StartError) in
            let entry = try withMessageCertificates(try withCertificates(entry))
            do throws(EntryProblem) { return try entry.provider() } catch { throw StartError("\(path): \(error)") }
        }
    }

    /// The entry with what its `certificate_files` hold; each must be for one of its identities.
    private func withCertificates(_ entry: ProviderEntry) throws(StartError) -> ProviderEntry {
        guard let files = entry.certificateFiles else { return entry }
        var entry = entry
        entry.certificateFiles = nil
        for name in files {
            let file = path.beside(name)
            let pem = try PublicFile.read(file.path)
            do throws(PeerRefusal) {
                let known = try RegisteredCertificate(pem: pem)
                guard entry.identities.contains(known.identity.uri) else {
                    throw PeerRefusal(reason: "the certificate is of \(known.identity), not of \(entry.id)")
                }
                entry.certificates = (entry.certificates ?? []) + [ProviderEntry.Certificate(known.certificate)]
            } catch { throw StartError("\(file): \(error.reason)") }
        }
        return entry
    }

    /// The entry with what its `message_certificate_files` hold; each of its message certificates must be one that can sign.
    private func withMessageCertificates(_ entry: ProviderEntry) throws(StartError) -> ProviderEntry {
        var entry = entry
        var keys: [MessageKey] = []
        for name in entry.messageCertificateFiles ?? [] {
            let file = path.beside(name)
            let pem = try PublicFile.read(file.path)
            do throws(SignatureError) { keys.append(try MessageKey(pem: pem)) } catch {
                throw StartError("\(file): the certificate \(error)")
            }
        }
        for text in entry.messageCertificates ?? [] {
            do throws(SignatureError) {
                keys.append(try MessageKey(certificate: Data(base64Encoded: text).map { [UInt8]($0) } ?? []))
            } catch { throw StartError("\(path): a certificate in message_certificates of \(entry.id) \(error)") }
        }
        entry.messageCertificateFiles = nil
        if !keys.isEmpty { entry.messageCertificates = keys.map { Data($0.der).base64EncodedString() } }
        return entry
    }

    /// Reads the file again whenever it changes, until it is cancelled; one that is not as it must be changes nothing.
    ///
    /// - Parameters:
    ///   - register: Takes what is read.
    ///   - tally: Counts.
    ///   - logger: Is told.
    func follow(_ register: ProviderRegister, tally: any Tally, logger: Logger) async {
        var seen = named
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = PublicFile.stamp(path.path)
            guard now != seen else { continue }
            seen = now
            do throws(StartError) {
                let providers = try read()
                register.replace(with: providers)
                tally.count("home_provider_files", [("outcome", "taken")])
                logger.notice("provider file taken", metadata: ["providers": "\(providers.count, as: .open)"])
            } catch {
                tally.count("home_provider_files", [("outcome", "refused")])
                logger.error(
                    "provider file refused: the entries before it serve on",
                    metadata: ["problem": "\(error.description, as: .system)"]
                )
            }
        }
    }
}
