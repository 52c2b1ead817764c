import Foundation
import MSSCore
import Testing

@Suite("What faults mean")
struct FaultMeaningTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

    @Test("is told of every code, and of every specifier once")
    func complete() {
        for code in MSSFault.Code.allCases {
            #expect(FaultMeaning.all.contains { $0.code == code && $0.specifier == nil }, "\(code)")
        }
        let numbers = FaultMeaning.all.map { $0.specifier ?? $0.code.rawValue }
        #expect(Set(numbers).count == numbers.count)
        for meaning in FaultMeaning.all {
            #expect(meaning.specifier.map { $0 / 10 == meaning.code.rawValue } ?? true)
            #expect(meaning.meaning.hasSuffix(".") && meaning.meaning.count > 10)
        }
    }

    @Test("is the code's for a specifier that nobody wrote down")
    func unknownSpecifier() {
        #expect(MSSFault(.userCancel, specifier: 4019).meaning.specifier == nil)
        #expect(MSSFault(.userCancel, specifier: 4019).meaning.code == .userCancel)
        #expect(MSSFault(.userCancel, specifier: 4012).meaning.specifier == 4012)
    }

    /// What the sources throw.
    @Test("is known of every specifier that the sources write")
    func sources() throws {
        let known = Set(FaultMeaning.all.compactMap(\.specifier))
        let folder = Self.root.appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            for match in try String(contentsOf: file, encoding: .utf8).matches(of: /specifier: (\d+)/) {
                found += 1
                let number = try #require(Int(match.1))
                #expect(known.contains(number), "\(file.lastPathComponent): \(number)")
            }
        }
        #expect(found > 30, "a scan that finds nothing proves nothing")
    }

    @Test("stands in docs/faults.md as it stands in the sources")
    func document() throws {
        let file = Self.root.appending(path: "docs/faults.md")
        if ProcessInfo.processInfo.environment["MSSP_WRITE_DOCS"] == "1" {
            try Data(Self.text.utf8).write(to: file)
        }
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(written == Self.text, "write it anew: MSSP_WRITE_DOCS=1 swift test --filter FaultMeaningTests")
    }

    private static var text: String {
        let rows = FaultMeaning.all.map { meaning in
            let number = meaning.specifier ?? meaning.code.rawValue
            let name = meaning.specifier == nil ? " " + meaning.code.name : ""
            return "| <a id=\"\(number)\"></a>\(number)\(name) | \(meaning.meaning) | \(meaning.actor.rawValue) | "
                + "\(meaning.retry.rawValue) |"
        }
        return head + rows.joined(separator: "\n") + "\n"
    }

    private static let head = """
        # Faults

        Written from `Sources/MSSCore/Service/FaultMeaning+All.swift`, which also writes the element `Help` beside a fault's detail:

        ```xml
        <help:Help xmlns:help="urn:mssp:fault:1" TraceID="…" Act="user" Retry="later" RetryAfter="12" See="docs/faults.md#406">…
        ```

        `Act`: who can change something. `user` is the person with the phone, `provider` who wrote the request, `operator` who runs the
        platform (registration, entitlements, connections), `platform` the platform itself, whose operator should hear of it. `Retry`: `no`, it
        would end the same way; `anew`, with a new AP_TransID when the user is ready; `later`, the very same request: what it began
        is found again. `RetryAfter`, in seconds, where it is known. `TraceID` is what the operator finds every log line of the request by.

        Three digits are the code of TS 102 204 that the fault carries, four the finer one below it.

        | code | meaning | Act | Retry |
        |---|---|---|---|

        """
}
