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
    /// - Throws: 104 for a digest, 101/1015 for a text of its own to show, 101/1013 for a notification to where its
    ///   entry does not allow one.
    public func checkEntitlement(to request: SignatureRequest) throws(MSSFault) {
        try checkTarget(of: request)
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

    private func checkTarget(of request: SignatureRequest) throws(MSSFault) {
        guard request.messagingMode == .asynchServerServer else { return }
        guard !notificationTargets.isEmpty else {
            throw MSSFault(
                .wrongParam,
                "MessagingMode asynchServerServer is not offered to this provider; use synch or asynchClientServer.",
                specifier: 1013
            )
        }
        guard let target = request.header.apInfo.url.flatMap({ NotificationTarget($0) }),
            notificationTargets.contains(target)
        else {
            throw MSSFault(
                .wrongParam,
                "MessagingMode asynchServerServer needs an AP_URL that is a notification target of this provider's entry.",
                specifier: 1013
            )
        }
    }
}
