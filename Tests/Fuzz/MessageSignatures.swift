import Foundation
import Signatures

/// The certificate of the key that signed the seed; it ends in a hundred years, and the key is gone.
private let certificate = """
    MIIBdjCCARugAwIBAgIUJ4ynm1RkD7aWthH5b26SSrfGcnMwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEZnV6ejAgFw0yNjExMjcy \
    MTA0MTlaGA8yMTI2MTEwMzIxMDQxOVowDzENMAsGA1UEAwwEZnV6ejBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABO8tPg7uImPl \
    LcJK6GuTTgXTxRmWUcPYO1k9Tn4Huw3/2aHtCewhv0/GNs/ZZuYelTSaQDVTRs0/G5r4zECfHNejUzBRMB0GA1UdDgQWBBQfTL3l \
    4rQhy6DU3Q/jpQS9+/DRuzAfBgNVHSMEGDAWgBQfTL3l4rQhy6DU3Q/jpQS9+/DRuzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49 \
    BAMCA0kAMEYCIQDZKdEaFbA6hvP5wqnLUQ6Tm7ULhrNftWIPXpaOZiZ8tgIhANYHCMqCxlxm+kgpvhSu7w6EjJndf8pM96ELFV+C \
    k4Jd
    """

private let keys: [MessageKey] = {
    guard let der = Data(base64Encoded: certificate, options: .ignoreUnknownCharacters),
        let key = try? MessageKey(certificate: [UInt8](der))
    else {
        finding("the seed's certificate cannot be read")
    }
    return [key]
}()

/// The one message that was ever signed with it.
private let message = Array(
    #"<mss:R xmlns:mss="http://uri.etsi.org/TS102204/v1.1.2#" A="1" ID="m">Pay 1</mss:R>"#.utf8
)

/// A provider's envelope: what is taken is what was signed, wherever in which document it is found.
func fuzzMessageSignatures(_ input: [UInt8]) {
    guard let read = try? MessageSignature.message(of: input, by: keys, at: Date()) else { return }
    if read != message { finding("what nobody signed is taken") }
}
