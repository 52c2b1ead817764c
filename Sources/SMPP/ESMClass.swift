/// esm_class: mode, type and features of a message, as raw bits (SMPP 3.4 §5.2.12).
public enum ESMClass {
    /// The message centre's default mode, with a user data header.
    public static let userDataHeader: UInt8 = 0x40
    /// Store and forward, with a user data header.
    public static let storedWithUserDataHeader: UInt8 = 0x43
    /// The bits that tell a receipt or an acknowledgement from a message.
    public static let messageType: UInt8 = 0x3C
    public static let deliveryReceipt: UInt8 = 0x04
}

/// protocol_id: TP-PID of the message (3GPP TS 23.040 §9.2.3.9).
public enum ProtocolID {
    /// The telephone hands the message to the card.
    public static let simDataDownload: UInt8 = 0x7F
}

/// data_coding: TP-DCS of the message (3GPP TS 23.038 §4).
public enum DataCoding {
    /// 8-bit data of class 2, for the card.
    public static let simSpecific: UInt8 = 0xF6
    /// 8-bit data without a class.
    public static let octets: UInt8 = 0x04
}
