/// How long a message centre may try to deliver a message.
enum ValidityPeriod {
    /// A relative time of SMPP 3.4 §7.1.1.2 in whole seconds, at most a day: a prompt must not come after its request is
    /// over, and word that the phone cannot be reached should come before.
    static func relative(_ duration: Duration) -> String {
        let seconds = max(1, min(86_399, duration.components.seconds))
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "000000" + parts.joined() + "000R"
    }
}
