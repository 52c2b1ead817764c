import Foundation

/// What libFuzzer calls: one program for all targets, FUZZ_TARGET names the one (`deploy/fuzz`).
///
/// A target takes octets from outside. It may refuse them; it may not trap, leak, or break a rule that it states by
/// ``finding(_:)``.
private let target: @Sendable ([UInt8]) -> Void = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = targets[name] else {
        FileHandle.standardError.write(Data("Fuzz: FUZZ_TARGET is none of \(targets.keys.sorted())\n".utf8))
        exit(2)
    }
    return target
}()

/// What deploy/fuzz can call.
private let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "ota": fuzzPackets,
    "wpki": fuzzFrames,
    "smpp": fuzzUnits,
    "text": fuzzTexts,
    "batch": fuzzBatches,
    "der": fuzzDER,
    "json": fuzzJSON,
    "soap": fuzzSOAP,
    "xmlsig": fuzzMessageSignatures,
]

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    target(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// A rule is broken: the input that broke it is kept.
func finding(_ what: String) -> Never {
    fatalError(what)
}
