import Foundation
import MSSCore

/// A directory that was found to be the home's word for this service, ready to be looked up in.
struct DirectoryCopy: Sendable {
    /// How far the home's clock may be ahead of this one.
    private static let skew: TimeInterval = 300

    let directory: ProviderDirectory
    let providers: [String: ApplicationProvider]
    /// By each certificate identity that may speak for it.
    let owners: [PeerIdentity: [ApplicationProvider]]

    init(_ directory: ProviderDirectory) {
        self.directory = directory
        providers = Dictionary(directory.providers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var owners: [PeerIdentity: [ApplicationProvider]] = [:]
        for provider in directory.providers {
            for identity in provider.identities { owners[identity, default: []].append(provider) }
        }
        self.owners = owners
    }

    /// Since when nothing newer was heard.
    func age(at now: Date) -> TimeInterval { now.timeIntervalSince(directory.issued) }

    /// Whether it is young enough to decide by.
    func serves(at now: Date, for longest: TimeInterval) -> Bool {
        now < directory.expires && age(at: now) < longest && age(at: now) > -Self.skew
    }

    /// Whether a directory may take the place of the last one; how old it is, is another question.
    ///
    /// - Parameters:
    ///   - next: The home's word, as its signature says.
    ///   - entity: This service.
    ///   - last: The latest one that was taken, whether or not it still serves.
    ///   - now: On this service's clock.
    /// - Throws: ``DirectoryRefusal`` with what forbids it.
    static func check(
        _ next: ProviderDirectory,
        for entity: PeerIdentity,
        after last: ProviderDirectory?,
        at now: Date
    ) throws(DirectoryRefusal) {
        guard next.acquiringEntity == entity, next.providers.allSatisfy({ $0.acquiringEntities.contains(entity) })
        else { throw DirectoryRefusal(.foreign, "the directory is another acquiring entity's") }
        guard next.issued.timeIntervalSince(now) <= skew else {
            throw DirectoryRefusal(
                .early,
                "the directory was signed at \(next.issued.formatted(.iso8601)), and here it is"
                    + " \(now.formatted(.iso8601)): one of the two clocks is wrong"
            )
        }
        guard let last else { return }
        guard next.number >= last.number else {
            throw DirectoryRefusal(.older, "the directory has number \(next.number) after \(last.number)")
        }
        guard next.number > last.number || next.providers == last.providers else {
            throw DirectoryRefusal(.older, "there are two directories of number \(next.number)")
        }
    }
}
