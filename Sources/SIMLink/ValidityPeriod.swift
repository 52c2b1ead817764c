/// How long a message centre may try to deliver a message.
enum ValidityPeriod {
    /// A relative time of SMPP 3.4 §7.1.1.2, at most a day: a prompt must not come after its request is over.
    static func relative(_ duration: Duration) -> String {
        let seconds = max(0, min(86_398, duration.components.seconds)) + 1
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "000000" + parts.joined() + "000R"
    }
}
