/// The operations of the wire, by the name of their wrapper element; nothing else exists.
public enum WireOperation: String, Sendable, CaseIterable {
    case signature = "MSS_Signature"
    case status = "MSS_StatusQuery"
    case receipt = "MSS_Receipt"
    case profile = "MSS_ProfileQuery"
    case handshake = "MSS_Handshake"
    case registration = "MSS_Registration"
    /// This platform's own, for providers: what the standard lacks.
    case cancel = "MSSP_Cancel"
    case fit = "MSSP_Fit"
    /// Between the platform's own services: an acquiring entity asks for its providers.
    case directory = "MSSP_ProviderDirectory"
    /// The same: what its providers have still to be told.
    case notifications = "MSSP_Notifications"

    /// The last part of its path.
    public var port: String { rawValue + "Port" }

    /// Whether it is a conversation of providers, which the mesh routes.
    var roams: Bool {
        switch self {
        case .signature, .status, .receipt, .profile, .handshake, .cancel, .fit: true
        case .registration, .directory, .notifications: false
        }
    }

    var requestElement: String { message + "Req" }
    var responseElement: String { message + "Resp" }

    /// Where its messages' names are at home.
    var namespace: String {
        switch self {
        case .cancel, .fit: Namespace.own
        case .signature, .status, .receipt, .profile, .handshake, .registration, .directory, .notifications:
            Namespace.mss
        }
    }

    private var message: String {
        switch self {
        case .status: "MSS_Status"
        case .profile: "MSS_Profile"
        default: rawValue
        }
    }
}
