/// esm_class: mode, type and features of a message, as raw bits (SMPP 3.4 §5.2.12).
public enum ESMClass {
    /// The message centre's default mode, with a user data header.
    public static let userDataHeader: UInt8 = 0x40
    /// Store and forward, with a user data header.
    public static let storedWithUserDataHeader: UInt8 = 0x43
    /// The bits that tell a receipt or an acknowledgement from a message.
    public static let messageType: UInt8 = 0x3C
    public static let deliveryReceipt: UInt8 = 0x04
    public static let intermediateNotification: UInt8 = 0x20
}

/// The message type in esm_class of what a message centre delivers (SMPP 3.4 §5.2.12).
public enum MessageKind: UInt8, Sendable {
    case message = 0x00
    case deliveryReceipt = 0x04
    case deliveryAcknowledgement = 0x08
    case manualAcknowledgement = 0x10
    case conversationAbort = 0x18
    case intermediateNotification = 0x20
    /// One of the standard's reserved values.
    case reserved = 0x3C

    init(esmClass: UInt8) {
        self = MessageKind(rawValue: esmClass & ESMClass.messageType) ?? .reserved
    }
}

/// registered_delivery: which receipts are asked for (SMPP 3.4 §5.2.17).
public enum RegisteredDelivery {
    public static let none: UInt8 = 0x00
    public static let always: UInt8 = 0x01
    public static let failures: UInt8 = 0x02
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
