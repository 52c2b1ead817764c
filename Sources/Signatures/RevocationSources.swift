/// Where revocation is looked up beside the file: nothing but what is named here is ever fetched.
///
/// Addresses in certificates choose among these, they add none: a certificate cannot have the home call anybody.
public struct RevocationSources: Sendable {
    /// What is to be fetched.
    public struct Request: Sendable, Equatable {
        public var url: String
        /// Of a POST; `nil` is a GET.
        public var body: [UInt8]?
        /// Of the body.
        public var contentType: String?
        /// More than these octets must not be read.
        public var mostOctets: Int
        /// The fetch must have ended then, one way or the other.
        public var time: Duration
    }

    /// Fetches; throws for any other status than 200, and where size or time run out.
    public typealias Fetch = @Sendable (Request) async throws -> [UInt8]

    /// Addresses of revocation lists.
    public var lists: [String]
    /// Addresses of OCSP responders.
    public var responders: [String]
    /// Whether answers must bear the question's nonce.
    public var requiresNonce: Bool
    /// The longest list taken, in octets.
    public var longestList: Int
    /// How long a fetch may take.
    public var time: Duration
    public var fetch: Fetch

    public init(
        lists: [String],
        responders: [String],
        requiresNonce: Bool = false,
        longestList: Int = 16 << 20,
        time: Duration = .seconds(10),
        fetch: @escaping Fetch
    ) {
        self.lists = lists
        self.responders = responders
        self.requiresNonce = requiresNonce
        self.longestList = longestList
        self.time = time
        self.fetch = fetch
    }

    func list(_ url: String) -> Request {
        Request(url: url, body: nil, contentType: nil, mostOctets: longestList, time: time)
    }

    func status(_ url: String, _ question: StatusQuestion) -> Request {
        Request(url: url, body: question.der, contentType: "application/ocsp-request", mostOctets: 65_536, time: time)
    }
}
