import Foundation
import MSSCore

/// Finds the address of a target, once: the one that was looked at is the one that is used.
struct AddressLookup: Sendable {
    let rules: AddressRules

    /// - Parameters:
    ///   - host: A name or an address.
    ///   - deadline: Until when the name service is waited for.
    /// - Returns: An address that may be used, as text.
    /// - Throws: ``NotificationFailure`` if there is none, or if only one of several may not be used: a name that leads
    ///   to both sides is somebody's trick, or somebody's mistake.
    func address(of host: String, until deadline: ContinuousClock.Instant) async throws(NotificationFailure) -> String {
        let found: [String]
        if InternetAddress(host) != nil {
            found = [host]
        } else {
            guard let names = await Self.resolved(host, until: deadline) else {
                throw NotificationFailure(.unresolved, "the name service did not answer in time")
            }
            found = names
        }
        guard let first = found.first else { throw NotificationFailure(.unresolved, "the name has no address") }
        for text in found {
            guard let address = InternetAddress(text), rules.permits(address) else {
                throw NotificationFailure(.forbidden, "an address of the target may not be used")
            }
        }
        return first
    }

    /// The addresses of a name, from a thread of their own.
    ///
    /// The resolver blocks it for as long as a name server keeps it waiting, and a provider's dead name server must hold
    /// up nobody else. It ends when the resolver gives up, which may be after the delivery has.
    ///
    /// - Returns: `nil` when the deadline came first.
    private static func resolved(_ host: String, until deadline: ContinuousClock.Instant) async -> [String]? {
        let (answers, answer) = AsyncStream<[String]>.makeStream(bufferingPolicy: .bufferingOldest(1))
        Thread.detachNewThread { answer.yield(resolve(host)) }
        return await withTaskGroup(of: [String]?.self) { group in
            group.addTask { await answers.first { _ in true } }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private static func resolve(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [String] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if let address = entry.pointee.ai_addr,
                getnameinfo(
                    address,
                    entry.pointee.ai_addrlen,
                    &text,
                    socklen_t(text.count),
                    nil,
                    0,
                    NI_NUMERICHOST
                ) == 0
            {
                let end = text.firstIndex(of: 0) ?? text.endIndex
                found.append(String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            next = entry.pointee.ai_next
        }
        return found
    }
}
