/// Agrees with a provider on signed messages (TS 102 204 §7.7); the acquiring entity's alone.
public protocol HandshakeService: Sendable {
    func handshake(_ request: HandshakeRequest, _ call: Call) async throws(MSSFault) -> HandshakeResponse
}
