public import MSSCore

public import struct Foundation.Date

/// XML signatures over messages: those of providers are verified, those of the home made.
public protocol MessageSignatures: Sendable {
    /// Finds out that a message is signed.
    ///
    /// - Parameters:
    ///   - envelope: As the provider sent it.
    ///   - certificates: In DER; one of them must be the signer's.
    ///   - time: When it must be valid.
    /// - Returns: The message element alone, as it was signed.
    /// - Throws: ``MessageProblem``.
    func message(
        of envelope: [UInt8],
        by certificates: Set<[UInt8]>,
        at time: Date
    ) throws(MessageProblem) -> [UInt8]

    /// The signer of answers, as it is now.
    ///
    /// - Returns: Puts a signature on an answer's envelope.
    /// - Throws: 780 while none can sign.
    func signer() async throws(MSSFault) -> @Sendable ([UInt8]) throws(MSSFault) -> [UInt8]
}

/// Why a signature is not taken.
public struct MessageProblem: Error, Sendable, Equatable {
    /// The metric's label.
    public var label: String
    /// For the provider.
    public var sentence: String

    public init(label: String, sentence: String) {
        self.label = label
        self.sentence = sentence
    }
}
