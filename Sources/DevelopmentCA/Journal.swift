import CLibCrypto

#if canImport(Glibc)
import Glibc
#endif

/// A certificate that is not to be believed any more.
struct Revocation: Equatable {
    let serialNumber: [UInt8]
    let time: time_t
}

/// Every certificate that was issued or revoked, one a line, on disk before anyone is told.
///
///     issued 1767225600 5f0c… MIIB…
///     revoked 1767225700 5f0c…
///
/// Time in seconds since 1970, the serial number in hexadecimal, the certificate in DER and base64.
final class Journal {
    private let descriptor: Int32
    private(set) var revocations: [Revocation] = []

    /// Opens the journal in a directory, made if it is not there, and reads it.
    init(directory: String) throws(AuthorityError) {
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw AuthorityError("--state \(directory) cannot be made: \(reason())")
        }
        let path = directory + "/journal"
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw AuthorityError("\(path) cannot be opened: \(reason())") }
        guard lockf(descriptor, F_TLOCK, 0) == 0 else {
            throw AuthorityError("\(path) is in use by another DevelopmentCA")
        }
        try recover(path)
    }

    deinit { close(descriptor) }

    /// Notes a certificate.
    ///
    /// - Returns: Whether it is on disk.
    func issued(_ serialNumber: [UInt8], certificate: [UInt8]) -> Bool {
        append("issued \(time(nil)) \(hexadecimal(serialNumber)) \(base64(certificate))\n")
    }

    /// Notes a revocation.
    ///
    /// - Returns: Whether it is on disk.
    func revoked(_ serialNumber: [UInt8]) -> Bool {
        let now = time(nil)
        guard append("revoked \(now) \(hexadecimal(serialNumber))\n") else { return false }
        revocations.append(Revocation(serialNumber: serialNumber, time: now))
        return true
    }

    private func append(_ line: String) -> Bool {
        let octets = Array(line.utf8)
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { return false }
        if write(descriptor, octets, octets.count) == octets.count, fdatasync(descriptor) == 0 { return true }
        // Half a line would spoil the next one.
        ftruncate(descriptor, end)
        return false
    }

    private func recover(_ path: String) throws(AuthorityError) {
        guard let octets = contents(of: descriptor, upTo: 1 << 30) else {
            throw AuthorityError("\(path) cannot be read: \(reason())")
        }
        let complete = octets.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        for (number, line) in octets.prefix(complete).split(separator: UInt8(ascii: "\n")).enumerated() {
            try read(line, "\(path):\(number + 1)")
        }
        // A line without its end was never answered for.
        guard complete == octets.count || ftruncate(descriptor, off_t(complete)) == 0 else {
            throw AuthorityError("\(path) cannot be repaired: \(reason())")
        }
    }

    private func read(_ line: ArraySlice<UInt8>, _ place: String) throws(AuthorityError) {
        let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        if words.count == 4, words[0] == "issued" { return }
        guard words.count == 3, words[0] == "revoked", let time = Int(words[1]), let number = octets(words[2]),
            (1...20).contains(number.count)
        else { throw AuthorityError("\(place) is not a line of a journal") }
        revocations.append(Revocation(serialNumber: number, time: time))
    }
}

/// What the last system call reports.
func reason() -> String { String(cString: strerror(errno)) }

/// All octets of an open file; `nil` if it cannot be read or is longer.
func contents(of descriptor: Int32, upTo limit: Int) -> [UInt8]? {
    var octets: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        guard count >= 0, octets.count + count <= limit else { return nil }
        guard count > 0 else { return octets }
        octets += buffer.prefix(count)
    }
}

private func hexadecimal(_ octets: [UInt8]) -> String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private func octets(_ hexadecimal: String) -> [UInt8]? {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    guard digits.count == hexadecimal.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

private func base64(_ octets: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: (octets.count + 2) / 3 * 4 + 1)
    let length = EVP_EncodeBlock(&text, octets, Int32(clamping: octets.count))
    return String(decoding: text.prefix(Int(length)), as: UTF8.self)
}
