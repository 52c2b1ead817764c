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
    static let operations: [String: WireOperation] = [
        "sign": .signature, "status": .status, "receipt": .receipt, "profile": .profile, "cancel": .cancel,
        "fit": .fit,
    ]

    /// For the Instant that a client leaves out.
    let now: Date
    /// For the AP_TransID that a client leaves out.
    let trace: TraceID

    /// - Throws: 101 for what is no JSON or not the message's, 102 for what lacks, 103 for what is too long, 108.
    func request(_ octets: [UInt8]) throws(MSSFault) -> JSONRequest {
        // A byte order mark is nothing of the text's own (RFC 8259 §8.1).
        let octets = octets.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(octets.dropFirst(3)) : octets
        do { try JSONSurvey.check(octets, .request) } catch { throw MSSFault(.wrongParam, error.description) }
        guard let tree = try? JSONDecoder().decode(JSONTree.self, from: Data(octets)) else {
            throw MSSFault(.wrongParam, JSONError.malformed.description)
        }
        guard case .object(let members) = tree, members.count == 1, let (name, value) = members.first,
            let operation = Self.operations.values.first(where: { $0.requestElement == name })
        else {
            let known = Self.operations.values.map(\.requestElement).sorted().joined(separator: " or ")
            throw MSSFault(.wrongParam, "The message must be an object with one member: \(known).")
        }
        return JSONRequest(operation: operation, message: try message(operation, try JSONFields(value, name)))
    }

    private func message(_ operation: WireOperation, _ fields: JSONFields) throws(MSSFault) -> WireServices.Message {
        switch operation {
        case .signature: .signature(try signature(fields))
        case .status: .status(try status(fields))
        case .receipt: .receipt(try receipt(fields))
        case .profile: .profile(try profile(fields))
        case .cancel: .cancel(try cancel(fields))
        case .fit: .fit(try fit(fields))
        case .handshake, .registration, .directory, .notifications:
            throw MSSFault(.wrongParam, "\(operation.rawValue) is not offered in JSON.")
        }
    }
}
