import MSSRuntime

/// The caller's side of what is done with the vault's KEKs: reads the command line; secrets are typed or come by a pipe.
struct CustodyCall {
    static let commands = ["unseal", "custodians", "rotate-kek", "destroy-kek"]
    static let options = ["of", "need", "kek"]
    static let flags = ["pin", "shares"]
    static let usage = [
        "unseal [--pin | --shares] --config FILE",
        "custodians --of N --need K [--pin | --shares] --config FILE",
        "rotate-kek [--pin | --shares] --config FILE",
        "destroy-kek --kek VERSION [--pin | --shares] --config FILE",
    ]

    /// What the home is asked.
    let words: [String]

    /// Reads the command line.
    ///
    /// - Throws: `StartError` that says what is wrong with it.
    init(_ invocation: Invocation) throws(StartError) {
        let options = invocation.options
        guard invocation.arguments.isEmpty else {
            // Perhaps a secret, so it is not repeated.
            throw StartError(usage: "\(invocation.command) takes options alone; secrets are never on the command line")
        }
        let named =
            switch invocation.command {
            case "custodians": ["of", "need"]
            case "destroy-kek": ["kek"]
            default: [String]()
            }
        guard Set(options.keys).subtracting(Self.flags).subtracting(named).isEmpty else {
            throw StartError(usage: "an option of another command")
        }
        guard options["pin"] == nil || options["shares"] == nil else {
            throw StartError(usage: "\(invocation.command) wants either --pin or --shares")
        }
        var words = [invocation.command]
        for name in named {
            guard let value = options[name], Int32(value) != nil else {
                throw StartError(usage: "\(invocation.command) wants --\(name) NUMBER")
            }
            words.append(value)
        }
        self.words = words + Self.flags.filter { options[$0] != nil }
    }
}
