public import MSSCore

/// A Home MSSP as an acquiring entity reaches it, and what leads to it where there are several.
public struct HomeLink: Sendable {
    /// What the platform's operators call it: in metrics, in log lines and in files of ported numbers.
    public let name: String
    /// The URI in its certificate; providers may name it in MobileUser/HomeMSSP.
    public let identity: PeerIdentity
    /// What leads to it; nothing is looked up where there is one home.
    public let ways: Ways
    let signatures: any SignatureService
    let relay: (any SignedMessageRelay)?
    let providers: ProviderCache

    /// By what a request finds its home.
    public struct Ways: Sendable, Equatable {
        /// What its transactions' ids begin with.
        public var transactions: TransactionID.Prefix?
        /// What its users' numbers begin with, where no table says otherwise.
        public var numbers: [NumberPrefix]
        /// What stands behind the last `@` of its users' UserIdentifier, in lower case.
        public var operators: [String]

        public init(
            transactions: TransactionID.Prefix? = nil,
            numbers: [NumberPrefix] = [],
            operators: [String] = []
        ) {
            self.transactions = transactions
            self.numbers = numbers
            self.operators = operators
        }
    }

    /// - Parameters:
    ///   - name: Of the home.
    ///   - identity: The URI in its certificate.
    ///   - ways: What leads to it.
    ///   - signatures: Reaches its users.
    ///   - relay: Takes there what providers have signed as XML; without it nobody's messages are.
    ///   - providers: Its directory of this acquiring entity's providers.
    public init(
        name: String,
        identity: PeerIdentity,
        ways: Ways = Ways(),
        signatures: any SignatureService,
        relay: (any SignedMessageRelay)? = nil,
        providers: ProviderCache
    ) {
        self.name = name
        self.identity = identity
        self.ways = ways
        self.signatures = signatures
        self.relay = relay
        self.providers = providers
    }

    /// Whether a provider means this home: by its URI, or by its name here.
    func isNamed(by member: MeshMember) -> Bool {
        member.uri == identity.uri || member.identifier == name || member.identifier == identity.uri
    }
}

/// What numbers begin with: 1 to 15 digits behind the `+`.
public struct NumberPrefix: Sendable, Hashable, CustomStringConvertible {
    let digits: UInt64
    let length: Int

    /// Reads `+35840`; `nil` for anything but `+` and 1 to 15 digits that do not begin with 0.
    public init?(_ text: String) {
        let digits = text.dropFirst()
        guard text.first == "+", (1...15).contains(digits.utf8.count), digits.first != "0",
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(digits)
        else { return nil }
        self.init(digits: number, length: digits.utf8.count)
    }

    init(digits: UInt64, length: Int) {
        self.digits = digits
        self.length = length
    }

    public var description: String { "+\(digits)" }
}
