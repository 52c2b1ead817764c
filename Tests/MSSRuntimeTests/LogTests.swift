import Crypto
import Foundation
import Glibc
import Logging
import MSSCore
import Testing

@testable import MSSRuntime

@Suite("The log")
struct LogTests {
    private let sink = MemorySink()

    private func logger(key: UInt8 = 1, level: Logger.Level = .info) -> Logger {
        let pseudonyms = Pseudonyms(key: SymmetricKey(data: [UInt8](repeating: key, count: 32)))
        return Logger(label: "test") { [sink] label in
            AssetLogHandler(
                label: label,
                service: "AE",
                level: level,
                pseudonyms: pseudonyms,
                sink: sink,
                clock: { LogTime(seconds: 0, milliseconds: 7) }
            )
        }
    }

    @Test("a line says when, how grave, who and what")
    func line() {
        logger().warning("it happened")
        #expect(
            sink.lines == [
                #"{"time":"1970-01-01T00:00:00.007Z","level":"warning","service":"AE","label":"test","#
                    + #""message":"it happened"}"# + "\n"
            ]
        )
    }

    @Test("values stand under their class, persons' as pseudonyms, and what has no class is not shown")
    func classes() throws {
        struct Leak: Error, CustomStringConvertible { let description = "SECRET" }
        logger().info(
            "m",
            metadata: [
                "code": "\(105, as: .open)", "msisdn": "\("+358401234567", as: .mobileUser)",
                "agent": "\("urn:ra", as: .registration)", "ap": "\("urn:ap", as: .applicationProvider)",
                "cause": "\("EPIPE", as: .system)", "plain": "SECRET", "interpolated": "\("SECRET")",
                "list": ["SECRET", "\("SECRET", as: .open)"], "table": ["k": "SECRET"],
                "boxed": .stringConvertible(Leak()),
            ]
        )
        let line = try sink.object()
        #expect(line["open"] as? [String: String] == ["code": "105"])
        #expect(line["registration"] as? [String: String] == ["agent": "urn:ra"])
        #expect(line["applicationProvider"] as? [String: String] == ["ap": "urn:ap"])
        #expect(line["system"] as? [String: String] == ["cause": "EPIPE"])
        let user = try #require(line["mobileUser"] as? [String: String])
        #expect(user["msisdn"]?.wholeMatch(of: #/u:[0-9a-f]{16}/#) != nil)
        let hidden = try #require(line["unclassified"] as? [String: String])
        #expect(Set(hidden.keys) == ["plain", "interpolated", "list", "table", "boxed"])
        #expect(Set(hidden.values) == ["‹unclassified›"])
        #expect(!sink.lines.joined().contains("SECRET"))
        #expect(!sink.lines.joined().contains("358401234567"))
    }

    @Test("an error is named by its type, not by what it says")
    func error() throws {
        struct Leak: Error, CustomStringConvertible { let description = "SECRET" }
        logger().error("failed", error: Leak())
        #expect(try (sink.object()["error"] as? String)?.contains("Leak") == true)
        #expect(!sink.lines.joined().contains("SECRET"))
    }

    @Test("the same value has the same pseudonym under the same key and another under another")
    func pseudonyms() {
        let (one, two) = (Pseudonyms(key: SymmetricKey(size: .bits256)), Pseudonyms.ofThisProcess())
        #expect(one.name(for: "+358401234567") == one.name(for: "+358401234567"))
        #expect(one.name(for: "+358401234567") != one.name(for: "+358401234568"))
        #expect(one.name(for: "+358401234567") != two.name(for: "+358401234567"))
    }

    @Test("a pseudonym is HMAC-SHA-256, checked against RFC 4231 test case 2")
    func vector() {
        #expect(
            Pseudonyms(key: SymmetricKey(data: Array("Jefe".utf8))).name(for: "what do ya want for nothing?")
                == "u:5bdcc146bf60754e"
        )
    }

    @Test(
        "no value, key or message can end its line or its string",
        arguments: [
            "a\nb", "a\r\n{\"level\":\"critical\"}", "\"},{\"x\":\"", "\\", "\u{0}\u{1}\u{7F}\u{85}", "\u{1B}[2J",
            "\u{2028}\u{2029}", "\u{202E}gpj.exe", "ä€😀", "\u{FEFF}",
        ]
    )
    func injection(text: String) throws {
        logger().info("\(text)", metadata: ["\(text)": "\(text, as: .open)"])
        let line = try #require(sink.lines.first)
        #expect(line.utf8.filter { $0 < 0x20 }.elementsEqual("\n".utf8))
        #expect(line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .format })
        let object = try sink.object()
        #expect(object["message"] as? String == text)
        #expect(object["open"] as? [String: String] == [text: text])
        #expect(object["level"] as? String == "info")
    }

    @Test("a long value is cut")
    func long() throws {
        logger().info("m", metadata: ["v": "\(String(repeating: "x", count: 1_000_000), as: .open)"])
        let value = try #require(try sink.object()["open"] as? [String: String])["v"]
        #expect(value?.count == JSONLine.longestText + 1)
        #expect(value?.hasSuffix("…") == true)
    }

    @Test("the call's value wins over the logger's, and what is below the level is not written")
    func merging() throws {
        var logger = logger(level: .notice)
        logger[metadataKey: "a"] = "\("logger", as: .open)"
        logger[metadataKey: "b"] = "\("logger", as: .open)"
        logger.info("not written")
        logger.notice("written", metadata: ["a": "\("call", as: .open)"])
        #expect(try sink.object()["open"] as? [String: String] == ["a": "call", "b": "logger"])
    }

    @Test(
        "time is written as RFC 3339 has it",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199, "2024-02-29T23:59:59.000Z"), (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"), (1_767_225_599, "2025-12-31T23:59:59.000Z"),
        ]
    )
    func time(seconds: Int, text: String) {
        var octets: [UInt8] = []
        LogTime(seconds: seconds).write(to: &octets)
        #expect(String(decoding: octets, as: UTF8.self) == text)
    }

    @Test("a broken pipe loses the line, counts it and kills nobody")
    func brokenPipe() throws {
        let tally = MemoryTally()
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[1]) }
        let sink = DescriptorSink(ends[1], tally: tally)
        sink.write(Array("one\n".utf8))
        #expect(tally["log_lines_lost"] == 0)
        close(ends[0])
        sink.write(Array("two\n".utf8))
        #expect(tally["log_lines_lost"] == 1)
    }

    @Test("lines of many threads stay whole")
    func threads() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("log", "")
        let descriptor = open(file, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(descriptor) }
        let sink = DescriptorSink(descriptor, tally: MemoryTally())
        let line = Array((String(repeating: "x", count: 9_999) + "\n").utf8)
        await withTaskGroup { group in
            for _ in 0..<32 { group.addTask { sink.write(line) } }
        }
        let lines = try PublicFile.read(file).split(separator: 0x0A)
        #expect(lines.map(\.count) == [Int](repeating: 9_999, count: 32))
    }

    @Test("a pseudonym key must be long enough")
    func key() throws {
        let folder = try TemporaryFolder()
        let short = ConfiguredPath(try folder.write("short", [UInt8](repeating: 7, count: 31)))
        #expect(throws: StartError("\(short): the pseudonym key must have at least 32 octets")) {
            try ServiceLog.keyed(by: short)
        }
        let long = ConfiguredPath(try folder.write("long", [UInt8](repeating: 7, count: 32)))
        #expect(
            try ServiceLog.keyed(by: long).name(for: "a")
                == Pseudonyms(key: SymmetricKey(data: [UInt8](repeating: 7, count: 32))).name(for: "a")
        )
    }
}
