import MSSCore

/// What the additional services of a signature answer.
struct ServiceAnswers {
    /// Who answers.
    let identity: String
    /// MCC and MNC of the networks whose subscribers are told.
    let networks: [String]
    /// The roles of those who have any.
    let roles: [MSISDN: [String]]
    /// `nil` where the platform has no identity.
    let people: PersonAnswers?

    /// - Parameters:
    ///   - task: What was asked.
    ///   - transaction: Under which id.
    ///   - told: What the provider is told of it.
    ///   - subscriber: The person; needed where anything but validation is asked.
    /// - Returns: One for each service that has more to say than the status.
    func responses(
        _ task: SignatureTask,
        _ transaction: TransactionID,
        _ told: Told,
        of subscriber: Subscriber?
    ) async -> [ServiceResponse] {
        let entity = MeshMember(uri: identity)
        var responses: [ServiceResponse] = []
        // The validate service's own answer, where the status leaves open why it is no better.
        if let problem = told.verdict.problem {
            responses.append(ServiceResponse(uri: AdditionalService.validate, entity: entity, code: problem))
        }
        if told.signature != nil { responses += documents(task, told, by: entity) }
        if told.signature != nil, task.answered.contains(.timestamp) {
            let uri = AdditionalService.Name.timestamp.uri
            let content: ServiceResponse.Content = told.isStamped ? .done : .status(.unableToProvideServices)
            responses.append(ServiceResponse(uri: uri, entity: entity, content))
        }
        guard told.signature != nil, let subscriber else { return responses }
        if task.answered.contains(.signingCertificate), let certificate = subscriber.key(task.key)?.certificate {
            let uri = AdditionalService.Name.signingCertificate.uri
            responses.append(ServiceResponse(uri: uri, entity: entity, .signingCertificate([certificate])))
        }
        if task.answered.contains(.subscriberInfo), let network = network(of: subscriber) {
            let detail = SubscriberDetail(id: SubscriberDetail.network, value: network)
            let uri = AdditionalService.Name.subscriberInfo.uri
            responses.append(ServiceResponse(uri: uri, entity: entity, .subscriberInfo([detail])))
        }
        if task.answered.contains(.role) {
            let uri = AdditionalService.Name.role.uri
            responses.append(ServiceResponse(uri: uri, entity: entity, .roles(roles[subscriber.card.msisdn] ?? [])))
        }
        if let question = task.person, let people {
            let uri = AdditionalService.Name.personIdentity.uri
            let content = await people.content(question, task, transaction, of: subscriber)
            responses.append(ServiceResponse(uri: uri, entity: entity, content))
        }
        return responses
    }

    /// What batchsign and docsign answer: the signatures of a transaction that has several.
    private func documents(_ task: SignatureTask, _ told: Told, by entity: MeshMember) -> [ServiceResponse] {
        let signed = Array(zip(task.documents, told.signatures))
        var responses: [ServiceResponse] = []
        if task.documents.contains(where: { $0.origin == .batch }) {
            let batch = signed.filter { $0.0.origin != .document }.map { document, signature in
                BatchSignature(
                    signature,
                    displayed: DataToBeSigned(document.displayed, mimeType: "text/plain", encoding: "UTF-8")
                )
            }
            let uri = AdditionalService.Name.batchSign.uri
            responses.append(ServiceResponse(uri: uri, entity: entity, .batch(batch)))
        }
        let named = signed.filter { $0.0.origin == .document }.map { document, signature in
            DocumentSignature(reference: document.reference, signature: signature, status: told.verdict.status)
        }
        if !named.isEmpty {
            let uri = AdditionalService.Name.documentSign.uri
            responses.append(ServiceResponse(uri: uri, entity: entity, .documents(named)))
        }
        return responses
    }

    /// The answer to a status query, and what is told to who wanted to be notified.
    ///
    /// - Parameters:
    ///   - task: What was asked.
    ///   - transaction: Under which id.
    ///   - told: What the provider is told of it.
    ///   - subscriber: The person; needed where ``Told/wantsPerson(_:)``.
    ///   - header: Of the answer.
    /// - Returns: 504 while there is no signature.
    func status(
        _ task: SignatureTask,
        _ transaction: TransactionID,
        _ told: Told,
        of subscriber: Subscriber?,
        _ header: MessageHeader
    ) async -> StatusResponse {
        StatusResponse(
            header: header,
            mobileUser: MobileUser(msisdn: task.msisdnAsWritten),
            signature: told.signature,
            certificate: told.certificate,
            status: told.verdict.status,
            serviceResponses: await responses(task, transaction, told, of: subscriber)
        )
    }

    /// The operator says which digits of an IMSI are the network: their number differs between countries.
    private func network(of subscriber: Subscriber) -> String? {
        guard let imsi = subscriber.imsi?.description else { return nil }
        return networks.filter { imsi.hasPrefix($0) }.max { $0.utf8.count < $1.utf8.count }
    }
}
