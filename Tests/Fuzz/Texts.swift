import Alauda

/// Texts as a card shows them: octets to characters and back; the first octet tells which way.
func fuzzTexts(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let octets = Array(input[1...])
    switch kind % 3 {
    case 0:
        guard let text = GSMAlphabet.decode(octets) else { return }
        guard let again = GSMAlphabet.encode(text) else { finding("a character of the alphabet is not in it") }
        if GSMAlphabet.decode(again) != text { finding("a text changes") }
    case 1:
        guard let text = try? CardText(decoding: octets) else { return }
        guard (try? CardText(decoding: text.value)) == text, let shown = text.text else { finding("a text changes") }
        if let signed = SignedContent.text(text, .utf8), signed != Array(shown.utf8) { finding("not what is shown") }
    default:
        let written = String(decoding: octets, as: UTF8.self)
        guard let text = try? CardText(written) else { return }
        // What is refused is refused; what is taken is shown as it was written.
        guard text.text?.unicodeScalars.elementsEqual(written.unicodeScalars) == true else { finding("a text changes") }
        guard (try? CardText(decoding: text.value)) == text else { finding("a text is not read again") }
    }
}
