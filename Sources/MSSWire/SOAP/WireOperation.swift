/// The operations of the wire, by the name of their wrapper element; nothing else exists.
public enum WireOperation: String, Sendable, CaseIterable {
    case signature = "MSS_Signature"
    case status = "MSS_StatusQuery"
    case registration = "MSS_Registration"
    /// Between the platform's own services: an acquiring entity asks for its providers.
    case directory = "MSSP_ProviderDirectory"

    /// The last part of its path.
    public var port: String { rawValue + "Port" }

    var requestElement: String { message + "Req" }
    var responseElement: String { message + "Resp" }

    private var message: String { self == .status ? "MSS_Status" : rawValue }
}
