import Foundation
import Testing

@testable import MSSWire

@Suite("The header Date")
struct HTTPDateTests {
    @Test("is a time to the second")
    func read() {
        #expect(HTTPDate.read("Sun, 06 Nov 1994 08:49:37 GMT") == Date(timeIntervalSince1970: 784_111_777))
    }

    @Test(
        "is none in any other form",
        arguments: [
            "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 28:49:37 GMT", "Sun, 66 Nov 1994 08:49:37 GMT",
        ]
    )
    func unread(_ text: String) {
        #expect(HTTPDate.read(text) == nil)
    }
}
