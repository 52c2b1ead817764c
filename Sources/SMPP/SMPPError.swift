/// What is wrong with octets that should be a protocol unit (SMPP 3.4 §3).
public enum SMPPError: Error, Sendable, Equatable {
    /// command_length is below 16 or above the most that is taken; the stream cannot be followed any further.
    case length(UInt32)
    /// The unit ends before its fields do, or a text field has no end.
    case truncated
    /// A field is longer than the standard allows.
    case fieldTooLong(String)
    /// A text to be written holds more than printable ASCII.
    case invalidText(String)
}
