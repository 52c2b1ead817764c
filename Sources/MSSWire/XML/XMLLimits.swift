/// How much of a document is taken; beyond it the document is refused.
struct XMLLimits {
    var octets: Int
    var elements: Int
    /// Elements within elements, the root counted.
    var depth = 32
    /// Of one element, its namespace declarations counted.
    var attributes = 64

    /// What a caller may send.
    static let request = XMLLimits(octets: 131_072, elements: 1_000)
    /// What one of the platform's services may answer another: a directory of some thousand providers fits.
    static let answer = XMLLimits(octets: 1_048_576, elements: 20_000)
}
