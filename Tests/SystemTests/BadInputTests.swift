import Foundation
import MSSTestSupport
import Testing

@Suite("Bad input to AE", .serialized)
struct BadInputTests {
    private static let nested =
        String(repeating: "<a>", count: 10_000) + String(repeating: "</a>", count: 10_000)
    private static let bomb =
        "<?xml version=\"1.0\"?><!DOCTYPE b [<!ENTITY a0 \"aaaaaaaaaa\">"
        + (1...9).map { "<!ENTITY a\($0) \"\(String(repeating: "&a\($0 - 1);", count: 10))\">" }.joined()
        + "]><b>&a9;</b>"
    private static let external = "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><x>&f;</x>"

    private static let documents: [(String, String)] = [
        ("not XML", "this is no XML"), ("nothing", ""), ("nested elements", nested), ("an entity bomb", bomb),
        ("an external entity", external), ("another document", "<html/>"), ("half a document", "<a><b>"),
        ("octets that are no UTF-8", "\u{0}\u{1}\u{2}"),
        ("an empty envelope", "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"/>"),
        (
            "an unknown operation",
            "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><MSS_Nothing/></e:Body></e:Envelope>"
        ),
    ]

    @Test("gets a fault or an HTTP error within a second, and the next request is served", arguments: documents)
    func hostile(name: String, document: String) async throws {
        let platform = try await Platform.running
        let provider = try Provider(platform)
        let url = try platform.variable("AE_URL") + "/soap/services/MSS_SignaturePort"
        let answer = try await provider.post(Data(document.utf8), to: url)
        #expect(answer.seconds < 1)
        #expect((400...599).contains(answer.http), "HTTP \(answer.http) \(answer.body.prefix(300))")
        #expect(!answer.body.contains("root:"), "a file was read")
        try await expectServed(platform)
    }

    @Test("of ten megabytes is refused unread")
    func tooLong() async throws {
        let platform = try await Platform.running
        let answer = try await Provider(platform).post(
            Data(repeating: UInt8(ascii: "a"), count: 10_000_000),
            to: platform.variable("AE_URL") + "/soap/services/MSS_SignaturePort"
        )
        #expect(answer.seconds < 1)
        #expect(answer.http == 413 || answer.exit != 0, "HTTP \(answer.http)")
        try await expectServed(platform)
    }

    private static let fields: [(what: String, from: String, to: String, code: String)] = [
        ("TimeOut of a wrong type", "TimeOut=\"30\"", "TimeOut=\"soon\"", "101"),
        ("an unknown MessagingMode", "MessagingMode=\"synch\"", "MessagingMode=\"telepathy\"", "101"),
        ("asynchServerServer", "MessagingMode=\"synch\"", "MessagingMode=\"asynchServerServer\"", "101"),
        ("no MessagingMode", "MessagingMode=\"synch\"", "", "102"),
        ("no AP_ID", "AP_ID=", "AP_XX=", "102"),
        ("no MSSP_Info", "<mss:MSSP_Info><mss:MSSP_ID/></mss:MSSP_Info>", "", "102"),
        ("no DataToBeSigned", "mss:DataToBeSigned", "mss:DataToBeForgotten", "102"),
        ("a number that is none", "<mss:MSISDN>", "<mss:MSISDN>x", "101"),
        ("a text that is too long", "A text", String(repeating: "a", count: 2_000), "103"),
        ("no text", "A text", "", "103"),
        ("another version", "MajorVersion=\"1\"", "MajorVersion=\"7\"", "108"),
    ]

    @Test("names the field that is wrong", arguments: fields)
    func wrongFields(what: String, from: String, to: String, code: String) async throws {
        let platform = try await Platform.running
        let provider = try Provider(platform)
        let request = """
            <mss:MSS_SignatureReq MajorVersion="1" MinorVersion="1" MessagingMode="synch" TimeOut="30">\
            <mss:AP_Info AP_ID="\(try platform.variable("AP_ID"))" AP_TransID="T1" AP_PWD="" \
            Instant="2026-01-01T00:00:00Z"/><mss:MSSP_Info><mss:MSSP_ID/></mss:MSSP_Info>\
            <mss:MobileUser><mss:MSISDN>\(try platform.variable("MSISDN_UNKNOWN"))</mss:MSISDN></mss:MobileUser>\
            <mss:DataToBeSigned MimeType="text/plain" Encoding="UTF-8">A text</mss:DataToBeSigned>\
            </mss:MSS_SignatureReq>
            """
        let answer = try await provider.post(
            Provider.envelope("MSS_Signature", request.replacing(from, with: to)),
            to: platform.variable("AE_URL") + "/soap/services/MSS_SignaturePort"
        )
        #expect(answer.fault == code, "\(what): HTTP \(answer.http) \(answer.body)")
    }

    private func expectServed(_ platform: Platform) async throws {
        let answer = try await Provider(platform).sign("Served?", by: platform.variable("MSISDN_UNKNOWN"))
        #expect(answer.fault == "105", "HTTP \(answer.http) \(answer.body)")
    }
}
