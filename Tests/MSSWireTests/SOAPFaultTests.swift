import MSSCore
import Testing

@testable import MSSWire

@Suite("A fault as SOAP")
struct SOAPFaultTests {
    private static let both: [SOAPShape] = {
        var old = SOAPShape.plain
        old.version = .v11
        return [.plain, old]
    }()

    @Test("every code survives the way between two services, in both versions", arguments: MSSFault.Code.allCases)
    func roundTrip(_ code: MSSFault.Code) throws {
        for shape in Self.both {
            let fault = MSSFault(code, "Say <this> & that.", specifier: code.rawValue * 10 + 1, cause: "a secret")
            let octets = FaultCodec.encode(fault, shape, trace: Written.trace, inMesh: true)
            #expect(!Written.text(octets).contains("a secret"))
            let read = try SOAPReader.fault(octets)
            #expect(read.code == code)
            #expect(read.detail == fault.detail)
            #expect(read.specifier == fault.specifier)
            #expect(read.cause == nil)
        }
    }

    @Test("a provider sees the code, its name and the detail, but no specifier")
    func edge() {
        let fault = MSSFault(.wrongParam, "MessagingMode must be synch.", specifier: 1013, cause: "a secret")
        #expect(
            Written.text(FaultCodec.encode(fault, .plain, trace: Written.trace, inMesh: false)) == """
                <soapenv:Envelope xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope" \
                xmlns:mss="http://uri.etsi.org/TS102204/v1.1.2#"><soapenv:Body><soapenv:Fault>\
                <soapenv:Code><soapenv:Value>soapenv:Sender</soapenv:Value>\
                <soapenv:Subcode xmlns:mss="http://uri.etsi.org/TS102204/v1.1.2#">\
                <soapenv:Value>mss:_101</soapenv:Value></soapenv:Subcode></soapenv:Code>\
                <soapenv:Reason><soapenv:Text xml:lang="en">WRONG_PARAM</soapenv:Text></soapenv:Reason>\
                <soapenv:Detail><ns1:detail xmlns:ns1="http://kiuru.methics.fi/mssp">\
                MessagingMode must be synch.</ns1:detail>\
                <help:Help xmlns:help="urn:mssp:fault:1" TraceID="4bf92f3577b34da6a3ce929d0e0e4736" Act="provider" \
                Retry="no" See="docs/faults.md#1013">MessagingMode is not one of the platform's.</help:Help>\
                </soapenv:Detail>\
                </soapenv:Fault></soapenv:Body></soapenv:Envelope>
                """
        )
    }

    @Test(
        "a provider that wants it sees the finer code below the code: FiCom's as FiCom's, this platform's as its own",
        arguments: FaultMeaning.all.indices
    )
    func twoLevels(_ index: Int) throws {
        let meaning = FaultMeaning.all[index]
        let fault = MSSFault(meaning.code, "What is wrong.", specifier: meaning.specifier)
        let octets = FaultCodec.encode(fault, .plain, trace: Written.trace, inMesh: false, hasTwoLevels: true)
        let text = Written.text(octets)
        let first = "<soapenv:Value>mss:_\(meaning.code.rawValue)</soapenv:Value>"
        let second = meaning.specifier.map { specifier in
            let own = [1046, 4014, 4061, 4062, 4063, 4064, 4074, 7801].contains(specifier)
            let namespace = own ? "urn:mssp:fault:1" : "http://mss.ficom.fi/TS102204/v1.0.0#"
            return
                #"<soapenv:Subcode xmlns:fi="\#(namespace)"><soapenv:Value>fi:_\#(specifier)</soapenv:Value></soapenv:Subcode>"#
        }
        #expect(text.contains(first + (second ?? "") + "</soapenv:Subcode></soapenv:Code>"))
        // What reads the first level alone reads the same.
        #expect(try SOAPReader.fault(octets).code == meaning.code)
        let json = Written.text(JSONFault.encode(fault, trace: Written.trace, hasTwoLevels: true))
        let nested = meaning.specifier.map { #""SubCode":{"SubCode":{"Value":"_\#($0)","ValueNs":""# }
        #expect(json.contains(nested ?? #""SubCode":{"Value":"_\#(meaning.code.rawValue)""#))
        #expect(
            json.contains(#""Value":"_\#(meaning.code.rawValue)","ValueNs":"http://uri.etsi.org/TS102204/v1.1.2#""#)
        )
        var old = SOAPShape.plain
        old.version = .v11
        let plain = FaultCodec.encode(fault, old, trace: Written.trace, inMesh: false)
        #expect(FaultCodec.encode(fault, old, trace: Written.trace, inMesh: false, hasTwoLevels: true) == plain)
    }

    @Test("each says what it means and who must act", arguments: FaultMeaning.all.indices)
    func meaning(_ index: Int) throws {
        let meaning = FaultMeaning.all[index]
        let fault = MSSFault(meaning.code, "What is wrong.", specifier: meaning.specifier)
        for shape in Self.both {
            let text = Written.text(FaultCodec.encode(fault, shape, trace: Written.trace, inMesh: false))
            #expect(text.contains("mss:_\(meaning.code.rawValue)<"))
            #expect(text.contains(#"TraceID="\#(Written.trace)" Act="\#(meaning.actor.rawValue)""#))
            #expect(text.contains(#"Retry="\#(meaning.retry.rawValue)" See="\#(meaning.link)""#))
        }
    }

    @Test("says when to ask again where that is known, also across a service")
    func retryAfter() throws {
        let busy = MSSFault(.signatureProcess, "Another request is running.", retryAfter: 12)
        for shape in Self.both {
            let octets = FaultCodec.encode(busy, shape, trace: Written.trace, inMesh: true)
            #expect(
                Written.text(octets).contains(#"Act="user" Retry="later" RetryAfter="12" See="docs/faults.md#406""#)
            )
            #expect(try SOAPReader.fault(octets).retryAfter == 12)
        }
    }

    @Test("SOAP 1.1 has the code as faultcode and the name as faultstring")
    func oldVersion() {
        let text = Written.text(
            FaultCodec.encode(MSSFault(.userCancel), Self.both[1], trace: Written.trace, inMesh: false)
        )
        #expect(text.contains("<faultcode>mss:_401</faultcode><faultstring>USER_CANCEL</faultstring><detail>"))
        #expect(text.contains(#"xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/""#))
    }

    @Test("the caller is blamed for what the caller did")
    func blame() {
        let codes = [
            (MSSFault.Code.unauthorizedAccess, "Sender"), (.userCancel, "Receiver"), (.internalError, "Receiver"),
        ]
        for (code, blamed) in codes {
            let text = Written.text(FaultCodec.encode(MSSFault(code), .plain, trace: Written.trace, inMesh: false))
            #expect(text.contains("<soapenv:Value>soapenv:\(blamed)</soapenv:Value>"))
        }
    }

    @Test("a fault without a detail says its name, and the name is not taken for a detail")
    func noDetail() throws {
        let octets = FaultCodec.encode(MSSFault(.userCancel), .plain, trace: Written.trace, inMesh: true)
        #expect(Written.text(octets).contains(">USER_CANCEL</ns1:detail>"))
        #expect(try SOAPReader.fault(octets).detail == nil)
    }

    @Test("a fault that is not understood is 900")
    func notUnderstood() throws {
        for subcode in ["mss:_999", "mss:", "", "_", "mss:_99999999999999999999"] {
            let text = """
                <e:Envelope xmlns:e="\(Namespace.soap12)"><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode>\
                <e:Value>\(subcode)</e:Value></e:Subcode></e:Code></e:Fault></e:Body></e:Envelope>
                """
            #expect(try SOAPReader.fault(Array(text.utf8)).code == .internalError)
        }
    }
}
