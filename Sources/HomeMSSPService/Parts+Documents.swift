import HomeMSSP
import MSSRuntime

extension Parts {
    /// How many documents a request may have signed, its own counted.
    static func mostDocuments(_ documents: HomeConfiguration.Documents?) throws(StartError) -> Int {
        let most = documents?.most ?? HomeSignatureService.usualDocuments
        guard (2...HomeSignatureService.usualDocuments).contains(most) else {
            throw StartError("documents.most must be 2 to \(HomeSignatureService.usualDocuments)")
        }
        return most
    }
}
