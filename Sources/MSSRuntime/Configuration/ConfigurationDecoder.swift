/// Decodes one configuration value: tells a missing key from a wrong type, checks the range of numbers and keeps account
/// of every key.
struct ConfigurationDecoder: Decoder {
    let value: ConfigurationValue
    let codingPath: [any CodingKey]
    let keys: KeyRecord
    let folder: String
    var userInfo: [CodingUserInfoKey: Any] { ConfiguredPath.userInfo(folder: folder) }

    init(_ value: ConfigurationValue, at path: [any CodingKey], keys: KeyRecord, folder: String) {
        self.value = value
        self.codingPath = path
        self.keys = keys
        self.folder = folder
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .table(let entries) = value else { throw mismatch(type, "a table") }
        return KeyedDecodingContainer(KeyedContainer<Key>(entries: entries, decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([Any].self, "an array") }
        return UnkeyedContainer(elements: elements, decoder: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { SingleContainer(decoder: self) }

    /// The decoder of a part of this value.
    func part(_ value: ConfigurationValue, _ key: any CodingKey) -> ConfigurationDecoder {
        ConfigurationDecoder(value, at: codingPath + [key], keys: keys, folder: folder)
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        switch type {
        case is Bool.Type:
            guard case .truth(let truth) = value, let result = truth as? T else { throw mismatch(type, "a boolean") }
            return result
        case is String.Type:
            guard case .text(let text) = value, let result = text as? T else { throw mismatch(type, "a string") }
            return result
        case let integers as any FixedWidthInteger.Type:
            guard let result = try integer(integers) as? T else { throw mismatch(type, "an integer") }
            return result
        case let numbers as any BinaryFloatingPoint.Type:
            guard let result = try number(numbers) as? T else { throw mismatch(type, "a number") }
            return result
        default:
            return try T(from: self)
        }
    }

    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard case .integer(let integer) = value else { throw mismatch(type, "an integer") }
        guard let result = T(exactly: integer) else { throw corrupted("\(integer) is not within \(T.min) to \(T.max)") }
        return result
    }

    private func number<T: BinaryFloatingPoint>(_ type: T.Type) throws -> T {
        switch value {
        case .number(let number): return T(number)
        case .integer(let integer): return T(integer)
        default: throw mismatch(type, "a number")
        }
    }

    func mismatch(_ type: Any.Type, _ wanted: String) -> DecodingError {
        .typeMismatch(type, .init(codingPath: codingPath, debugDescription: "must be \(wanted), not \(value.kind)"))
    }

    func corrupted(_ text: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath, debugDescription: text))
    }
}

extension ConfigurationDecoder {
    /// A place in an array.
    struct Index: CodingKey {
        let intValue: Int?
        var stringValue: String { "[\(intValue ?? 0)]" }
        init(intValue: Int) { self.intValue = intValue }
        init?(stringValue: String) { nil }
    }

    /// A table, seen by a type that has keys.
    struct KeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let entries: [String: ConfigurationValue]
        let decoder: ConfigurationDecoder
        let allKeys: [Key]
        var codingPath: [any CodingKey] { decoder.codingPath }

        init(entries: [String: ConfigurationValue], decoder: ConfigurationDecoder) {
            self.entries = entries
            self.decoder = decoder
            allKeys = entries.keys.sorted().compactMap { Key(stringValue: $0) }
            decoder.keys.open(
                KeyPlace(decoder.codingPath),
                present: Array(entries.keys),
                known: allKeys.map(\.stringValue)
            )
        }

        func contains(_ key: Key) -> Bool {
            decoder.keys.asked(key.stringValue, in: KeyPlace(codingPath))
            return entries[key.stringValue] != nil
        }

        func decodeNil(forKey key: Key) -> Bool { !contains(key) }

        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try part(key).decode(type) }

        func nestedContainer<NestedKey: CodingKey>(
            keyedBy type: NestedKey.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<NestedKey> {
            try part(key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try part(key).unkeyedContainer()
        }

        func superDecoder() -> any Decoder { decoder }

        func superDecoder(forKey key: Key) throws -> any Decoder { try part(key) }

        private func part(_ key: Key) throws -> ConfigurationDecoder {
            guard contains(key), let value = entries[key.stringValue] else {
                throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "missing"))
            }
            return decoder.part(value, key)
        }
    }

    /// An array.
    struct UnkeyedContainer: UnkeyedDecodingContainer {
        let elements: [ConfigurationValue]
        let decoder: ConfigurationDecoder
        private(set) var currentIndex = 0
        var codingPath: [any CodingKey] { decoder.codingPath }
        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex >= elements.count }

        init(elements: [ConfigurationValue], decoder: ConfigurationDecoder) {
            self.elements = elements
            self.decoder = decoder
        }

        func decodeNil() -> Bool { false }

        mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }

        mutating func nestedContainer<NestedKey: CodingKey>(
            keyedBy type: NestedKey.Type
        ) throws -> KeyedDecodingContainer<NestedKey> {
            try next().container(keyedBy: type)
        }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try next().unkeyedContainer()
        }

        mutating func superDecoder() throws -> any Decoder { try next() }

        private mutating func next() throws -> ConfigurationDecoder {
            guard !isAtEnd else { throw decoder.corrupted("has too few elements") }
            defer { currentIndex += 1 }
            return decoder.part(elements[currentIndex], Index(intValue: currentIndex))
        }
    }

    /// A value for itself.
    struct SingleContainer: SingleValueDecodingContainer {
        let decoder: ConfigurationDecoder
        var codingPath: [any CodingKey] { decoder.codingPath }

        func decodeNil() -> Bool { false }

        func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decode(type) }
    }
}
