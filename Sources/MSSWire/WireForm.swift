import MSSCore

/// How an answer is written: as its request was.
enum WireForm: Sendable {
    case soap(SOAPShape)
    case json

    /// The metric's and the log's word for it.
    var name: String {
        switch self {
        case .soap: "soap"
        case .json: "json"
        }
    }

    var contentType: String {
        switch self {
        case .soap(let shape): shape.version.contentType
        case .json: "application/json; charset=utf-8"
        }
    }

    /// Of what is offered in SOAP alone.
    var shape: SOAPShape {
        switch self {
        case .soap(let shape): shape
        case .json: .plain
        }
    }

    func write(_ response: SignatureResponse) -> [UInt8] {
        switch self {
        case .soap(let shape): SignatureCodec.encodeResponse(response, shape)
        case .json: JSONCodec.encode(response)
        }
    }

    func write(_ response: StatusResponse) -> [UInt8] {
        switch self {
        case .soap(let shape): StatusCodec.encodeResponse(response, shape)
        case .json: JSONCodec.encode(response)
        }
    }
}
