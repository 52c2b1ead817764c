/// What the platform itself says of several documents that one PIN entry signs.
enum DocumentPhrase {
    /// What stands before a document: its number, and how many there are.
    static func mark(_ number: Int, of count: Int) -> String { "(\(number)/\(count))" }

    /// Below the last one.
    static func text(_ language: String, _ count: Int) -> String {
        switch language {
        case "fi": "Allekirjoitat nämä \(count) asiakirjaa, jokaisen erikseen."
        case "sv": "Du signerar dessa \(count) dokument, vart och ett för sig."
        case "de": "Sie unterschreiben diese \(count) Dokumente, jedes einzeln."
        default: "You sign these \(count) documents, each by itself."
        }
    }
}
