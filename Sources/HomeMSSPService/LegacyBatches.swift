import Foundation
import Logging
import MSSCore
import MSSRuntime
import OTA

/// The card batches that may still use triple DES; nothing else may.
struct LegacyBatches: Sendable {
    let permissions: [LegacyPermission]

    /// - Throws: `StartError` for an algorithm that needs no permission or that nobody may use, a day that there is
    ///   not, or a batch that is named twice.
    init(_ entries: [HomeConfiguration.LegacyBatch]) throws(StartError) {
        var permissions: [LegacyPermission] = []
        for entry in entries {
            guard let algorithm = OTAAlgorithm(rawValue: entry.algorithm), algorithm.isLegacy else {
                throw StartError("legacy_batch \(entry.name): algorithm must be 3des-2 or 3des-3")
            }
            guard
                let permission = LegacyPermission(batch: entry.name, algorithm: algorithm, lastDay: entry.lastDay)
            else {
                throw StartError(
                    "legacy_batch \(entry.name): last_day must be a day, as 2027-06-30, and name not empty"
                )
            }
            guard !permissions.contains(where: { $0.batch == entry.name }) else {
                throw StartError("legacy_batch \(entry.name) is there twice")
            }
            permissions.append(permission)
        }
        self.permissions = permissions
    }

    /// One line a batch, at every start.
    func warn(_ logger: Logger, at time: Date = Date()) {
        for permission in permissions {
            let isOver = permission.isOver(at: time)
            logger.warning(
                isOver
                    ? "a card batch's permission for triple DES has ended: nothing is sent to its cards"
                    : "a card batch uses triple DES: replace its cards",
                metadata: [
                    "batch": "\(permission.batch, as: .open)",
                    "algorithm": "\(permission.algorithm.rawValue, as: .open)",
                    "last_day": "\(permission.lastDay, as: .open)",
                ]
            )
        }
    }
}
