/// Why the CA cannot start or do its work, in one line.
struct AuthorityError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
