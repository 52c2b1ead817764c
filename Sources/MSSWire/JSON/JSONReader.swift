import Foundation
import MSSCore

/// A request, decoded, and the operation that its one member names.
struct JSONRequest {
    let operation: WireOperation
    let message: WireServices.Message
}

/// Octets of a stranger → a request of the platform's language, the same as SOAP gives.
struct JSONReader {
    /// What is offered in JSON, by the last part of its path.
    static let operations: [String: WireOperation] = ["sign": .signature, "status": .status]

    /// For the Instant that a client leaves out.
    let now: Date
    /// For the AP_TransID that a client leaves out.
    let trace: TraceID

    /// - Throws: 101 for what is no JSON or not the message's, 102 for what lacks, 103 for what is too long, 108.
    func request(_ octets: [UInt8]) throws(MSSFault) -> JSONRequest {
        do { try JSONSurvey.check(octets, .request) } catch { throw MSSFault(.wrongParam, error.description) }
        let envelope = try decode(Envelope.self, octets)
        guard envelope.names.count == 1, let name = envelope.names.first,
            let operation = Self.operations.values.first(where: { $0.requestElement == name })
        else {
            let known = Self.operations.values.map(\.requestElement).sorted().joined(separator: " or ")
            throw MSSFault(.wrongParam, "The message must be an object with one member: \(known).")
        }
        switch operation {
        case .signature:
            let message = try decode(Outer<JSONSignatureRequest>.self, octets).message
            return JSONRequest(operation: operation, message: .signature(try signature(message)))
        default:
            let message = try decode(Outer<JSONStatusRequest>.self, octets).message
            return JSONRequest(operation: operation, message: .status(try status(message)))
        }
    }

    /// The outermost object's names.
    private struct Envelope: Decodable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            names = try decoder.container(keyedBy: Name.self).allKeys.map(\.stringValue)
        }
    }

    /// The outermost object's one member.
    private struct Outer<Message: Decodable>: Decodable {
        let message: Message

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Name.self)
            guard let name = members.allKeys.first else {
                throw DecodingError.valueNotFound(
                    Message.self,
                    .init(codingPath: [], debugDescription: "an object without members")
                )
            }
            message = try members.decode(Message.self, forKey: name)
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ octets: [UInt8]) throws(MSSFault) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(octets)) } catch {
            switch error as? DecodingError {
            case .typeMismatch(_, let context), .valueNotFound(_, let context):
                throw MSSFault(.wrongParam, "\(Self.path(context)) is of the wrong JSON type.")
            case .dataCorrupted(let context) where !context.codingPath.isEmpty:
                throw MSSFault(.wrongParam, "\(Self.path(context)) cannot be read.")
            default: throw MSSFault(.wrongParam, JSONError.malformed.description)
            }
        }
    }

    /// Of names that this platform knows alone, but for the first.
    private static func path(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
        return path.isEmpty ? "The message" : path.joined(separator: "/")
    }
}
