import AE
import Foundation
import MSSCore
import MSSRuntime

/// The file that keeps the last good directory: CMS in DER, as the home signed it.
struct DirectoryFile: DirectoryShelf {
    /// What a directory may have; the wire takes less.
    private static let most = 1 << 20

    let path: ConfiguredPath

    func kept() throws(DirectoryRefusal) -> SignedDirectory? {
        guard NewFile.exists(path.path) else { return nil }
        do throws(StartError) {
            return SignedDirectory(cms: try PublicFile.read(path.path, maximum: Self.most))
        } catch { throw DirectoryRefusal(.file, "providers.cache: \(error.description)") }
    }

    func keep(_ directory: SignedDirectory) throws(DirectoryRefusal) {
        do throws(StartError) { try NewFile.replace(path.path, with: directory.cms) } catch {
            throw DirectoryRefusal(.file, "providers.cache: \(error.description)")
        }
    }
}
