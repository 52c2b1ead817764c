import CLibXMLSec
import Foundation

extension XMLTree {
    /// An element and all below it in exclusive canonical form without comments: what a digest or a signature is over.
    ///
    /// - Parameters:
    ///   - element: Of this tree.
    ///   - prefixes: Those whose declarations count wherever they are, for values use them.
    /// - Returns: Octets in UTF-8.
    /// - Throws: ``MessageRefusal/malformed`` when there is no memory.
    func canonical(_ element: xmlNodePtr, keeping prefixes: [String] = []) throws(MessageRefusal) -> [UInt8] {
        var kept = prefixes.map { xmlStrdup($0) }
        defer { kept.forEach { free($0) } }
        kept.append(nil)
        guard let buffer = xmlAllocOutputBuffer(nil) else { throw .malformed }
        defer { xmlOutputBufferClose(buffer) }
        let mode = Int32(XML_C14N_EXCLUSIVE_1_0.rawValue)
        let length = kept.withUnsafeMutableBufferPointer { list in
            xmlC14NExecute(document, isInside, element, mode, list.baseAddress, 0, buffer)
        }
        guard length >= 0,
            let start = xmlOutputBufferGetContent(buffer)
        else { throw .malformed }
        return Array(UnsafeBufferPointer(start: start, count: Int(xmlOutputBufferGetSize(buffer))))
    }

    /// The whole document as it is sent: on one line, without a declaration.
    func octets() throws(MessageRefusal) -> [UInt8] {
        guard let buffer = xmlBufferCreate() else { throw .malformed }
        defer { xmlBufferFree(buffer) }
        guard xmlNodeDump(buffer, document, root.node, 0, 0) >= 0, let start = xmlBufferContent(buffer) else {
            throw .malformed
        }
        return Array(UnsafeBufferPointer(start: start, count: Int(xmlBufferLength(buffer))))
    }
}

/// Whether a node, or the element that a namespace is declared at, is the wanted element or below it.
private func isInside(_ wanted: UnsafeMutableRawPointer?, _ node: xmlNodePtr?, _ parent: xmlNodePtr?) -> Int32 {
    var next = node?.pointee.type == XML_NAMESPACE_DECL ? parent : node
    while let candidate = next {
        if UnsafeMutableRawPointer(candidate) == wanted { return 1 }
        next = candidate.pointee.parent
    }
    return 0
}
