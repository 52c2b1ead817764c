/// What of a request the phone does not show, and who may ask for that.
extension SignatureRequest {
    /// A digest of something that the platform never sees stands in DataToBeSigned.
    public var bringsDigest: Bool {
        dataToBeSigned.mimeType?.lowercased().hasPrefix("application/x-sha") ?? false
    }

    /// The user reads another text than the one that is signed.
    public var isShownOtherwise: Bool {
        !bringsDigest && dataToBeDisplayed.map { $0.content != dataToBeSigned.content } ?? false
    }
}

extension ApplicationProvider {
    /// Refuses what the provider's entry does not allow: at the acquiring entity, and again at the home.
    ///
    /// - Throws: 104 for a digest, 101/1015 for a text of its own to show.
    public func checkEntitlement(to request: SignatureRequest) throws(MSSFault) {
        guard !request.bringsDigest || signsDigests else {
            throw MSSFault(.unauthorizedAccess, "This provider may not have digests signed.")
        }
        guard !request.isShownOtherwise || showsOtherwise else {
            throw MSSFault(
                .wrongParam,
                "DataToBeDisplayed must be left out: the user is shown exactly what is signed.",
                specifier: 1015
            )
        }
    }
}
