public import Logging
public import MSSCore

/// Which home a request goes to (TS 102 207's resolution, as far as it is known; docs/decisions/014).
///
/// Nothing is kept of a request: what follows a signature finds its home by the beginning of MSSP_TransID, so that a
/// restart, or another acquiring entity, finds it as well.
public struct HomeRoutes: Sendable {
    /// What of a request leads to its home.
    enum Subject {
        /// A new request about somebody.
        case person(MobileUser)
        /// About what one of the homes has begun; MSSP_ID is what its provider sent back.
        case transaction(String, MeshMember)
        /// About nobody.
        case anybody(MeshMember)
    }

    /// Which of the rules found it, as metrics and log say.
    enum Rule: String {
        case named, ported, prefix, suffix, transaction, entry
    }

    let homes: [HomeLink]
    private let index: RouteIndex
    private let ported: PortedTable
    private let tally: any Tally
    private let logger: Logger

    /// - Parameters:
    ///   - homes: At least one; of several each has ways of its own.
    ///   - ported: The numbers that no prefix tells.
    ///   - tally: Counts, where there are several.
    ///   - logger: Is told of each route, where there are several.
    public init(_ homes: [HomeLink], ported: PortedTable = PortedTable(), tally: any Tally, logger: Logger) {
        self.homes = homes
        self.ported = ported
        self.tally = tally
        self.logger = logger
        index = RouteIndex(homes)
    }

    /// The home, where there is one alone: no request needs a look-up then.
    var only: HomeLink? { homes.count == 1 ? homes[0] : nil }

    /// Finds the home of a request.
    ///
    /// - Parameters:
    ///   - subject: What the request is about.
    ///   - provider: Who asks: what is about nobody goes to a home that knows them.
    ///   - call: Its trace goes into the log.
    /// - Returns: The home.
    /// - Throws: 101 for a number that is none and for a transaction of no home, 105 for a person of no home.
    func home(for subject: Subject, of provider: String, _ call: Call) throws(MSSFault) -> HomeLink {
        do throws(MSSFault) {
            let (place, rule) = try place(subject, provider)
            let home = homes[place]
            tally.count("ae_routes", [("home", home.name), ("by", rule.rawValue)])
            logger.info(
                "request routed",
                metadata: [
                    "home": "\(home.name, as: .open)", "by": "\(rule.rawValue, as: .open)",
                    "trace": "\(call.trace, as: .open)",
                ]
            )
            return home
        } catch {
            tally.count("ae_routes", [("home", "none"), ("by", "none")])
            throw error
        }
    }

    /// Notes a home whose transactions could not be followed: its ids do not begin as its configuration says.
    func check(_ transactionID: String, from home: HomeLink) {
        guard only == nil, index.home(ofTransaction: transactionID).map({ homes[$0].name }) != home.name else { return }
        tally.count("ae_foreign_transactions", [("home", home.name)])
        logger.error(
            "a home's MSSP_TransID does not begin with its configured `transactions`: status queries cannot follow it",
            metadata: ["home": "\(home.name, as: .open)", "transaction": "\(transactionID, as: .open)"]
        )
    }

    private func place(_ subject: Subject, _ provider: String) throws(MSSFault) -> (Int, Rule) {
        switch subject {
        case .person(let user): return try place(of: user)
        case .transaction(let id, let member):
            if let place = index.home(ofTransaction: id) { return (place, .transaction) }
            if let place = place(named: member) { return (place, .named) }
            throw .unknownTransaction
        case .anybody(let member):
            if let place = place(named: member) { return (place, .named) }
            return (homes.firstIndex { $0.providers.mayKnow(provider) } ?? 0, .entry)
        }
    }

    /// A home that the provider names, if it is one of these; the table of ported numbers; the longest prefix; the
    /// operator behind UserIdentifier.
    private func place(of user: MobileUser) throws(MSSFault) -> (Int, Rule) {
        if let place = user.homeMSSP.flatMap({ place(named: $0) }) { return (place, .named) }
        if let number = try user.number().flatMap({ UInt64($0.digits) }) {
            if let place = ported.home(of: number) { return (place, .ported) }
            if let place = index.home(ofNumber: number) { return (place, .prefix) }
        }
        if let place = user.userIdentifier.flatMap({ index.home(ofIdentifier: $0) }) { return (place, .suffix) }
        throw .unknownNumber
    }

    private func place(named member: MeshMember) -> Int? { homes.firstIndex { $0.isNamed(by: member) } }
}
