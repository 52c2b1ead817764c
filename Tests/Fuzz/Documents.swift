import Foundation
@_spi(Octets) import MSSWire

/// JSON as a provider sends it: what is taken is JSON to others too, and goes on to the home as the same request.
func fuzzJSON(_ input: [UInt8]) {
    switch RequestOctets.json(input) {
    case .refused: return
    case .changed: finding("another request goes on to the home")
    case .taken:
        guard (try? JSONSerialization.jsonObject(with: Data(input))) != nil else { finding("what is no JSON is taken") }
    }
}

/// A SOAP envelope: what is taken goes on to the home as the same request, and its answer and its faults can be read.
func fuzzSOAP(_ input: [UInt8]) {
    if RequestOctets.soap(input) == .changed { finding("another request goes on, or an answer cannot be read") }
}
