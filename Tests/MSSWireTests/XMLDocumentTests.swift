import CoreFoundation
import Glibc
import Testing

@testable import MSSWire

@Suite("A document from outside")
struct XMLDocumentTests {
    private func refusal(_ text: String, _ location: SourceLocation = #_sourceLocation) -> XMLError? {
        refusal(Array(text.utf8), location)
    }

    private func refusal(_ octets: [UInt8], _ location: SourceLocation = #_sourceLocation) -> XMLError? {
        let began = Self.seconds()
        defer { #expect(Self.seconds() - began < 1, "too slow", sourceLocation: location) }
        do throws(XMLError) { _ = try XMLDocument(octets) } catch { return error }
        return nil
    }

    /// Of this thread's own time: the machine may be busy with other tests.
    private static func seconds() -> Double {
        // By place, not by name: which module names the structure's members depends on what else is compiled with this.
        var time = [0, 0]
        time.withUnsafeMutableBytes { octets in
            guard let start = octets.baseAddress else { return }
            _ = clock_gettime(CLOCK_THREAD_CPUTIME_ID, start.assumingMemoryBound(to: timespec.self))
        }
        return Double(time[0]) + Double(time[1]) / 1e9
    }

    @Test(
        "any document type is refused",
        arguments: [
            "<!DOCTYPE a><a/>", "<?xml version='1.0'?><!-- c --><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a/>",
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            "<!DOCTYPE a [<!ENTITY % b SYSTEM 'file:///etc/passwd'>%b;]><a/>",
            "<!DOCTYPE a [<!ENTITY b 'xxxxxxxxxx'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]><a>&c;&c;</a>",
            "<a><!DOCTYPE b></a>",
        ]
    )
    func doctype(_ text: String) {
        #expect(refusal(text) == .doctype)
    }

    @Test(
        "what is not well-formed is refused",
        arguments: [
            "", "a", "<a>", "<a/><b/>", "<a b='1' b='2'/>", "<a>&b;</a>", "<a>&#0;</a>", "<a>\u{0}</a>", "<a>\u{1}</a>",
            "<a>\u{FFFE}</a>", "<a b='<'/>", "<a <b/>", "<x:a/>", "<a x:b='1'/>", "<a>]]></a>", "<!ELEMENT a ANY><a/>",
            "<a><![CDATA[x</a>", "<a><!-- x</a>", "<?xml <a/>", "GET / HTTP/1.1", "{\"a\":1}", "<>", "</a>",
        ]
    )
    func malformed(_ text: String) {
        #expect(refusal(text) == .malformed)
    }

    @Test("processing instructions are refused, wherever they stand")
    func instructions() {
        for text in ["<a><?b c?></a>", "<?b c?><a/>", "<a/><?b c?>", "<a/><?xml version='1.0'?>"] {
            #expect(refusal(text) == .instruction, "\(text)")
        }
    }

    @Test("nothing but UTF-8 is read, whatever a document says of itself")
    func encodings() throws {
        let declared = "<?xml version='1.0' encoding='UTF-16'?><a>é</a>"
        #expect(try XMLDocument(Array(declared.utf8)).root.text == "é")
        #expect(try XMLDocument([0xEF, 0xBB, 0xBF] + Array("<a>é</a>".utf8)).root.text == "é")
        for text in ["<a/>", "<?xml version='1.0' encoding='UTF-16'?><a/>"] {
            let little = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
            let big = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
            for octets in [little, big, [0xFF, 0xFE] + little, [0xFE, 0xFF] + big] {
                #expect(refusal(octets) == .malformed)
            }
        }
        let latin = "<?xml version='1.0' encoding='ISO-8859-1'?><a>"
        #expect(refusal(Array(latin.utf8) + [0xE9] + Array("</a>".utf8)) == .malformed)
        // EBCDIC, and UTF-8 written longer than it must be.
        #expect(refusal([0x4C, 0x6F, 0xA7, 0x94, 0x93]) == .malformed)
        #expect(refusal(Array("<a>".utf8) + [0xE0, 0x80, 0xBC] + Array("</a>".utf8)) == .malformed)
    }

    @Test("depth, number of elements and attributes, and size are bounded; what just fits is taken")
    func bounds() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        func flat(_ count: Int) -> String { "<a>" + String(repeating: "<b/>", count: count - 1) + "</a>" }
        func wide(_ count: Int) -> String {
            "<a" + (0..<count).map { " b\($0)='\($0 % 2 == 0 ? "=" : "/>")'" }.joined() + "/>"
        }
        func long(_ octets: Int) -> String { "<a>" + String(repeating: "b", count: octets - 7) + "</a>" }
        #expect(refusal(nested(32)) == nil)
        #expect(refusal(nested(33)) == .tooDeep)
        #expect(refusal(nested(10_000)) == .tooDeep)
        #expect(refusal(flat(1_000)) == nil)
        #expect(refusal(flat(1_001)) == .tooMany)
        #expect(refusal(wide(64)) == nil)
        #expect(refusal(wide(65)) == .tooMany)
        #expect(refusal("<a" + (0..<65).map { " xmlns:b\($0)='u'" }.joined() + "/>") == .tooMany)
        #expect(refusal(long(131_072)) == nil)
        #expect(refusal(long(131_073)) == .tooLong)
        #expect(refusal(long(10_000_000)) == .tooLong)
    }

    @Test("a flood of attributes cannot hide from the count behind an error that comes first")
    func hiddenFlood() {
        let flood = "<c" + (0..<9_000).map { " a\(String($0, radix: 36))=''" }.joined() + "/>"
        for before in [
            "<a b=\"", "<a <", "<a><!-- \u{1} ", "<a><? ", "<a><![CDATA[\u{1}", "<a><!-- -- -->", "<a b='&x;'>",
            "<a><b c=\"<\"", "<?xml <", "<a>&x;", "<a b=c>",
        ] {
            let octets = Array((before + flood + "</a>").utf8)
            // Before the parser, whose time is what matters.
            #expect(throws: XMLError.self, "\(before)") { try XMLSurvey.check(octets, .request) }
        }
    }

    @Test("text arrives as it was meant: references, CDATA, comments, ends of lines")
    func text() throws {
        let text = "<a b='x&#10;y&amp;'>@ä€ñ_&#x20AC;&lt;<![CDATA[<&]]><!-- no -->\r\nПодпись 😀</a>"
        let root = try XMLDocument(Array(text.utf8)).root
        #expect(root.text == "@ä€ñ_€<<&\nПодпись 😀")
        #expect(root.attribute("b") == "x\ny&")
    }

    @Test("XInclude is a name like any other")
    func inclusion() throws {
        let text =
            "<a xmlns:x='http://www.w3.org/2001/XInclude'><x:include href='file:///etc/passwd' parse='text'/></a>"
        let root = try XMLDocument(Array(text.utf8)).root
        #expect(root.text.isEmpty)
        #expect(root.children.first?.name == "include")
    }

    @Test("white space before the declaration is passed over, and nothing else is")
    func margin() throws {
        for margin in [" ", "\n", "\r\n\t ", String(repeating: " ", count: 100_000)] {
            #expect(try XMLDocument(Array((margin + "<?xml version='1.0'?><a/>").utf8)).root.name == "a")
            #expect(refusal(margin) == .malformed)
        }
        #expect(refusal("<!-- c --><?xml version='1.0'?><a/>") == .instruction)
        #expect(refusal("x<?xml version='1.0'?><a/>") == .malformed)
        #expect(refusal(" \u{FEFF} <?xml version='1.0'?><a/>") != nil)
    }
}
