extension String {
    /// Whether all of its characters are such as XML 1.0 can write (§2.2, Char): others reach nobody in an element.
    public var isXMLText: Bool {
        unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x20..<0xFFFE, 0x10000...: true
            default: false
            }
        }
    }
}
