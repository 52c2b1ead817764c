import Foundation
import MSSCore

/// Values from outside that ours must agree with: the files of Tests/Vectors.
public enum Vectors {
    /// Reads a file of that folder.
    public static func read<Content: Decodable>(_ path: String, as content: Content.Type = Content.self) throws
        -> Content
    {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Vectors").appending(path: path))
        return try JSONDecoder().decode(content, from: data)
    }

    /// Octets as hexadecimal digits in a vector file.
    public struct Octets: Decodable, Sendable, Equatable {
        public let octets: [UInt8]

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            guard let octets = Hexadecimal.octets(try container.decode(String.self)) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no hexadecimal digits")
            }
            self.octets = octets
        }

        /// The octets as a number, the most significant first.
        public var number: UInt64 { octets.reduce(0) { $0 << 8 | UInt64($1) } }
    }
}
