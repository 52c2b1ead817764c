/// The versions of SOAP that are spoken with providers.
public enum SOAPVersion: String, Sendable, CaseIterable {
    case v11 = "1.1"
    case v12 = "1.2"
}
