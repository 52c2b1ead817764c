public import MSSCore

/// Notifications to providers whose messages are signed: the home writes and signs them, and nobody on the way can change
/// or make one.
public struct NotificationSigning: Sendable {
    /// Puts a signature on an envelope.
    typealias Seal = @Sendable ([UInt8]) throws(MSSFault) -> [UInt8]

    let signatures: any MessageSignatures
    let write: @Sendable (StatusNotification) -> [UInt8]

    /// - Parameters:
    ///   - signatures: Signs.
    ///   - write: MSS_Notification as a provider gets it, without a header.
    public init(signatures: any MessageSignatures, write: @escaping @Sendable (StatusNotification) -> [UInt8]) {
        self.signatures = signatures
        self.write = write
    }
}
