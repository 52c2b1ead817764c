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
        write(response, SignatureCodec.encodeResponse, JSONCodec.encode)
    }

    func write(_ response: StatusResponse) -> [UInt8] {
        write(response, StatusCodec.encodeResponse, JSONCodec.encode)
    }

    func write(_ response: ReceiptResponse) -> [UInt8] {
        write(response, ReceiptCodec.encodeResponse, JSONCodec.encode)
    }

    func write(_ response: ProfileResponse) -> [UInt8] {
        write(response, ProfileCodec.encodeResponse, JSONCodec.encode)
    }

    func write(_ response: CancelResponse) -> [UInt8] {
        write(response, OwnCodec.encodeResponse, JSONCodec.encode)
    }

    func write(_ response: FitResponse) -> [UInt8] { write(response, OwnCodec.encodeResponse, JSONCodec.encode) }

    private func write<Response>(
        _ response: Response,
        _ soap: (Response, SOAPShape) -> [UInt8],
        _ json: (Response) -> [UInt8]
    ) -> [UInt8] {
        switch self {
        case .soap(let shape): soap(response, shape)
        case .json: json(response)
        }
    }
}
