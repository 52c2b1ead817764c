public import Foundation

/// The application providers of one acquiring entity, as the home says them: numbered, and of use for a time only.
///
/// It travels, and rests at the acquiring entity, as a ``SignedDirectory``.
public struct ProviderDirectory: Sendable, Equatable {
    /// Who says it.
    public var home: PeerIdentity
    /// Whose providers they are: it is of no use to another.
    public var acquiringEntity: PeerIdentity
    /// Grows when the providers change, and never gets smaller.
    public var number: Int64
    /// When it was signed; whole seconds.
    public var issued: Date
    /// When it stops to be of use, whatever its reader is configured to; whole seconds.
    public var expires: Date
    public var providers: [ApplicationProvider]

    /// The first line of what is signed: a signature for another purpose is none for a directory.
    public static let heading = "mssp provider directory\n"
    /// What this program writes and reads; another is refused.
    private static let format = 1

    public init(
        home: PeerIdentity,
        acquiringEntity: PeerIdentity,
        number: Int64,
        issued: Date,
        expires: Date,
        providers: [ApplicationProvider]
    ) {
        self.home = home
        self.acquiringEntity = acquiringEntity
        self.number = number
        self.issued = issued
        self.expires = expires
        self.providers = providers
    }
}

/// A directory under its home's signature: CMS SignedData in DER, which holds heading and directory.
public struct SignedDirectory: Sendable, Equatable {
    public var cms: [UInt8]

    public init(cms: [UInt8]) {
        self.cms = cms
    }
}

extension ProviderDirectory {
    /// As it is signed below its heading: one JSON object of sorted keys, and an end of line.
    ///
    /// - Throws: What the encoder throws; nothing that a directory of identifiers and texts could cause.
    public func octets() throws -> [UInt8] {
        let written = Written(
            format: Self.format,
            home: home.uri,
            acquiringEntity: acquiringEntity.uri,
            number: number,
            issued: issued,
            expires: expires,
            providers: providers.map { ProviderEntry($0) }
        )
        return [UInt8](try Self.encoder.encode(written)) + [0x0A]
    }

    /// What a change of makes the number grow: all but number and times.
    public static func content(_ providers: [ApplicationProvider]) throws -> [UInt8] {
        [UInt8](try encoder.encode(providers.map { ProviderEntry($0) }))
    }

    /// Reads what was signed, its heading first.
    ///
    /// Keys that it does not know are passed over: the home, which knows them, looks at each request again.
    ///
    /// - Throws: ``DirectoryRefusal`` for what is not as it must be.
    public init(signed content: [UInt8]) throws(DirectoryRefusal) {
        guard content.starts(with: Self.heading.utf8) else {
            throw DirectoryRefusal(.malformed, "what is signed is no provider directory")
        }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let written: Written
        do {
            written = try decoder.decode(Written.self, from: Data(content.dropFirst(Self.heading.utf8.count)))
        } catch { throw DirectoryRefusal(.malformed, "the directory cannot be read") }
        guard written.format == Self.format, written.number > 0, written.issued < written.expires else {
            throw DirectoryRefusal(.malformed, "the directory's format, number or times are not as they must be")
        }
        var providers: [ApplicationProvider] = []
        for entry in written.providers {
            do throws(EntryProblem) { providers.append(try entry.provider()) } catch {
                throw DirectoryRefusal(.malformed, error.description)
            }
        }
        guard Set(providers.map(\.id)).count == providers.count else {
            throw DirectoryRefusal(.malformed, "two providers of the directory have the same id")
        }
        self.init(
            home: PeerIdentity(uri: written.home),
            acquiringEntity: PeerIdentity(uri: written.acquiringEntity),
            number: written.number,
            issued: written.issued,
            expires: written.expires,
            providers: providers
        )
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }

    private struct Written: Codable {
        var format: Int
        var home: String
        var acquiringEntity: String
        var number: Int64
        var issued: Date
        var expires: Date
        var providers: [ProviderEntry]

        private enum CodingKeys: String, CodingKey {
            case format, home, number, issued, expires, providers
            case acquiringEntity = "acquiring_entity"
        }
    }
}
