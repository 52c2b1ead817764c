/// What one of the AdditionalServices answers beside the message's own status (FiCom 2.1, `fi:ServiceResponse`).
public struct ServiceResponse: Sendable, Equatable {
    /// The service's URI, as it was asked for.
    public var uri: String
    /// Who answers.
    public var entity: MeshMember
    /// What it answers: a code of TS 102 204 Annex B, such as 423.
    public var code: MSSFault.Code

    public init(uri: String, entity: MeshMember, code: MSSFault.Code) {
        self.uri = uri
        self.entity = entity
        self.code = code
    }
}
