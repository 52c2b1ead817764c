import HomeMSSP
import MSSRuntime
import Signatures

extension Parts {
    /// The time stamp authority; `nil` where none is configured, and no provider is offered time stamps.
    static func stamper(
        _ timestamp: HomeConfiguration.Timestamp?,
        fetcher: RevocationFetcher
    ) throws(StartError) -> CMSStamper? {
        guard let timestamp else { return nil }
        guard timestamp.url.hasPrefix("http://") || timestamp.url.hasPrefix("https://") else {
            throw StartError("timestamp.url: \(timestamp.url) must begin with http:// or https://")
        }
        let seconds = timestamp.withinSeconds ?? 3
        guard (1...10).contains(seconds) else { throw StartError("timestamp.within_seconds must be 1 to 10") }
        let anchors = try PublicFile.read(timestamp.authority.path)
        do throws(SignatureError) {
            return CMSStamper(
                authority: try TimeStampAuthority(
                    url: timestamp.url,
                    anchors: anchors,
                    time: .seconds(seconds),
                    fetch: { try await fetcher.fetch($0) }
                )
            )
        } catch { throw StartError("timestamp.authority: \(timestamp.authority): \(error)") }
    }
}
