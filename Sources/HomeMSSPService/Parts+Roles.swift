import MSSCore
import MSSRuntime

extension Parts {
    /// More roles than one user may have.
    private static let mostRoles = 16

    /// The roles of each number that has any, in the order of the configuration.
    static func roles(_ roles: [HomeConfiguration.Role]?) throws(StartError) -> [MSISDN: [String]] {
        var all: [MSISDN: [String]] = [:]
        for role in roles ?? [] {
            guard (1...64).contains(role.name.utf8.count), role.name.allSatisfy({ $0.isASCII && !$0.isWhitespace })
            else {
                throw StartError("role.name: \(role.name) must be 1 to 64 letters, digits and signs of ASCII")
            }
            for number in role.numbers {
                // The number is a person's: which one it is says its place.
                guard let msisdn = MSISDN(number) else {
                    throw StartError("role.numbers of \(role.name) must be international, + and 7 to 15 digits")
                }
                guard !all[msisdn, default: []].contains(role.name) else { continue }
                all[msisdn, default: []].append(role.name)
                guard all[msisdn, default: []].count <= mostRoles else {
                    throw StartError("role: a number has more than \(mostRoles) roles")
                }
            }
        }
        return all
    }
}
