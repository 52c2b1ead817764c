import Foundation
import Testing

@testable import MSSRuntime

@Suite("A new file")
struct NewFileTests {
    @Test("is its owner's alone, and whole")
    func written() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/new"
        let octets = [UInt8](repeating: 7, count: 300_000)
        try NewFile.write(octets, to: path)
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(octets))
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(NewFile.exists(path))
    }

    @Test("takes no other file's place, nor goes where a link leads")
    func existing() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("file", "x")
        let (link, target) = (folder.path + "/link", folder.path + "/target")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        for path in [file, link] {
            let error = #expect(throws: StartError.self) { try NewFile.write([2], to: path) }
            #expect(error?.description == "\(path): is there already; nothing is overwritten")
            #expect(NewFile.exists(path))
        }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "x")
        #expect(!FileManager.default.fileExists(atPath: target))
        let error = #expect(throws: StartError.self) { try NewFile.write([2], to: folder.path + "/nowhere/new") }
        #expect(error?.description.contains("cannot be made") == true)
    }
}
