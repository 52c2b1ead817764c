extension FaultMeaning {
    /// Every fault of the platform, by code and specifier.
    public static let all: [FaultMeaning] = request + entitlement + person + signing + roaming

    private static let request = [
        FaultMeaning(.wrongParam, .provider, .no, "A parameter is wrong; the detail names it."),
        FaultMeaning(.wrongParam, 1011, .user, .anew, "The no-spam code is not the user's."),
        FaultMeaning(.wrongParam, 1012, .user, .anew, "The user has a no-spam code and the request has none."),
        FaultMeaning(.wrongParam, 1013, .provider, .no, "MessagingMode is not one of the platform's."),
        FaultMeaning(.wrongParam, 1014, .provider, .no, "The additional service does not exist here."),
        FaultMeaning(.wrongParam, 1015, .provider, .no, "DataToBeDisplayed must be left out or equal what is signed."),
        FaultMeaning(.wrongParam, 1016, .provider, .no, "MimeType or Encoding is not supported."),
        FaultMeaning(.wrongParam, 1017, .provider, .no, "MSS_Format is not offered for this content or key."),
        FaultMeaning(.missingParam, .provider, .no, "A parameter is missing; the detail names it."),
        FaultMeaning(.missingParam, 1021, .provider, .no, "DataToBeDisplayed is missing."),
        FaultMeaning(.missingParam, 1022, .provider, .no, "DataToBeSigned is missing."),
        FaultMeaning(
            .wrongDataLength,
            .provider,
            .no,
            "A text is too long or too short; the detail says for how many."
        ),
        FaultMeaning(
            .inappropriateData,
            .provider,
            .no,
            "The text has a character that may not be, or is not what it must be; the detail says which."
        ),
        FaultMeaning(.incompatibleInterface, .provider, .no, "The interface version is not supported."),
        FaultMeaning(.unsupportedProfile, .provider, .no, "The signature profile does not exist here."),
    ]

    private static let entitlement = [
        FaultMeaning(.unauthorizedAccess, .operator, .no, "The caller is not who it says, or may not do this."),
        FaultMeaning(.unauthorizedAccess, 1041, .user, .no, "The user has turned this profile off."),
        FaultMeaning(.unauthorizedAccess, 1042, .user, .no, "The user has turned this service off."),
        FaultMeaning(.unauthorizedAccess, 1043, .operator, .no, "The service is suspended for this user."),
        FaultMeaning(.unauthorizedAccess, 1044, .operator, .no, "The provider's entry does not allow this profile."),
        FaultMeaning(.unauthorizedAccess, 1045, .operator, .no, "The provider's entry does not allow this service."),
        FaultMeaning(
            .unauthorizedAccess,
            1046,
            .provider,
            .no,
            "The message lacks the XML signature that it must have."
        ),
    ]

    private static let person = [
        FaultMeaning(.unknownClient, .provider, .no, "The user is not known here, or cannot sign."),
        FaultMeaning(.unknownClient, 1051, .provider, .no, "The request names no user."),
        FaultMeaning(.unknownClient, 1052, .provider, .no, "Nobody has this number here."),
        FaultMeaning(.unknownClient, 1053, .operator, .no, "The user is not registered, or not active."),
        FaultMeaning(.unknownClient, 1054, .operator, .no, "The user's SIM card cannot sign."),
        FaultMeaning(.expiredTransaction, .user, .anew, "The request's time is over."),
        FaultMeaning(.expiredTransaction, 2081, .user, .anew, "The phone gave no answer in time."),
        FaultMeaning(.expiredTransaction, 2082, .user, .anew, "The user did not react on the phone."),
        FaultMeaning(.otaError, .operator, .later, "The message did not reach the phone."),
        FaultMeaning(.otaError, 2091, .operator, .later, "No message centre took the message."),
        FaultMeaning(
            .otaError,
            2092,
            .user,
            .anew,
            "The phone cannot be reached: off, out of range, or the number is dead."
        ),
        FaultMeaning(.otaError, 2093, .user, .anew, "The phone was busy or could not show the text."),
        FaultMeaning(.otaError, 2094, .user, .no, "The phone cannot show such a text."),
        FaultMeaning(.userCancel, .user, .anew, "The user cancelled."),
        FaultMeaning(.userCancel, 4011, .user, .anew, "The user cancelled."),
        FaultMeaning(.userCancel, 4012, .user, .anew, "The code that the user typed was wrong too often."),
        FaultMeaning(.userCancel, 4013, .user, .anew, "The user put it off."),
        FaultMeaning(
            .userCancel,
            4014,
            .provider,
            .no,
            "The user says that they did not start this: find out who did, and let nobody in."
        ),
        FaultMeaning(.pinBlocked, .user, .no, "The signing PIN is blocked: the user needs the PUK."),
        FaultMeaning(.pinBlocked, 4021, .user, .no, "The signing PIN is blocked: the user needs the PUK."),
        FaultMeaning(.cardBlocked, .operator, .no, "The card is blocked: it must be exchanged."),
        FaultMeaning(.cardBlocked, 4031, .operator, .no, "The card's PUK is blocked: it must be exchanged."),
        FaultMeaning(
            .cardBlocked,
            4032,
            .operator,
            .no,
            "A PIN of the card is blocked for good; this platform says 402 or 4031 instead."
        ),
    ]

    private static let signing = [
        FaultMeaning(.noKeyFound, .operator, .no, "The user has no key for this."),
        FaultMeaning(.noKeyFound, 4041, .operator, .no, "The user has no key for this profile."),
        FaultMeaning(.noKeyFound, 4042, .operator, .no, "The user has no key that signs such content."),
        FaultMeaning(
            .noURLFound,
            .operator,
            .no,
            "An address that the user's certificate names leads nowhere; this platform says 423 instead."
        ),
        FaultMeaning(.signatureProcess, .user, .later, "Another request runs on the user's phone."),
        FaultMeaning(
            .signatureProcess,
            4061,
            .provider,
            .later,
            "The user left too many of this provider's requests unanswered; RetryAfter says when one may come again."
        ),
        FaultMeaning(
            .signatureProcess,
            4062,
            .provider,
            .later,
            "The user refused this provider's last request; each refusal in a row doubles the pause."
        ),
        FaultMeaning(
            .signatureProcess,
            4063,
            .provider,
            .later,
            "The user left too many requests unanswered, this provider's among them."
        ),
        FaultMeaning(
            .signatureProcess,
            4064,
            .provider,
            .later,
            "Too many no-spam codes of this provider for the user were wrong; none is compared for a while."
        ),
        FaultMeaning(.registrationNotOK, .operator, .no, "The registration could not be done; the detail says why."),
        FaultMeaning(.registrationNotOK, 4071, .operator, .no, "The person or card is not in the state for it."),
        FaultMeaning(.registrationNotOK, 4072, .operator, .later, "The certification authority could not do its part."),
        FaultMeaning(.registrationNotOK, 4073, .user, .anew, "The card could not do its part."),
        FaultMeaning(.registrationNotOK, 4074, .operator, .no, "The card refuses a new key."),
        FaultMeaning(.noCertificateFound, .operator, .no, "The user's certificate has expired."),
        FaultMeaning(.crlProblem, .operator, .later, "There is no proof whether the certificate is revoked."),
        FaultMeaning(.crlExpired, .operator, .later, "The proof whether the certificate is revoked is too old."),
        FaultMeaning(.errorCertificate, .operator, .no, "The user's certificate is revoked, or not by the user CA."),
        FaultMeaning(
            .geofencingViolation,
            .provider,
            .no,
            "The user is where the request does not want them; this platform has no such service (101/1014)."
        ),
    ]

    private static let roaming = [
        FaultMeaning(.roamingHeaderMissing, .operator, .no, "The home wants RoamingHeader of this acquiring entity."),
        FaultMeaning(.identityIssuerMissing, .operator, .no, "The member of the mesh wants the identity issuer named."),
        FaultMeaning(.homeMSSPMissing, .operator, .no, "RoamingHeader does not name the Home MSSP."),
        FaultMeaning(.inputMissing, .operator, .no, "RoamingHeader has no entry of the member that sent the message."),
        FaultMeaning(
            .routingExpired,
            .operator,
            .later,
            "The message's time was over on its way to the home, or two members' clocks differ; nothing was begun."
        ),
        FaultMeaning(
            .unableToRoute,
            .operator,
            .no,
            "The message was for another home, or had been at this one before; nothing was begun."
        ),
        FaultMeaning(.unableToIssueIdentity, .operator, .later, "A member of the mesh has no identity issuer to ask."),
        FaultMeaning(.unableToVerify, .operator, .later, "A member of the mesh has nobody to verify."),
        FaultMeaning(
            .unableToProvideServices,
            .operator,
            .later,
            "A service of the platform cannot be reached; nothing was begun."
        ),
        FaultMeaning(
            .unableToProvideServices,
            7801,
            .provider,
            .later,
            "The provider sends more than its entry allows; nothing was begun."
        ),
        FaultMeaning(.internalError, .platform, .later, "The platform's own fault; its log has the trace id."),
        FaultMeaning(
            .internalError,
            9003,
            .platform,
            .no,
            "The card's answer is not as it must be; nothing was delivered."
        ),
        FaultMeaning(.internalError, 9008, .platform, .no, "The card does not know its key's algorithm."),
    ]
}
