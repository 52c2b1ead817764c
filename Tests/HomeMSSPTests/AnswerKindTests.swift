import Alauda
import HomeMSSP
import MSSCore
import MSSTestSupport
import Testing

@Suite("An answer of another kind")
struct AnswerKindTests {
    @Test("never ends a signature well: a key is no signature")
    func keyForSignature() async throws {
        let stage = try await Stage.withSigner(.makesKey)
        let found = await fault { () async throws(MSSFault) in _ = try await stage.sign() }
        #expect(found == "900/9003")
    }
}
