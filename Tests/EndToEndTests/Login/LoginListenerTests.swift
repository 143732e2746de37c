import Foundation
import SyncCore
import Synchronization
import TestKit
import Testing

@testable import headrace

/// The wait for the browser, and what it may bring.
@Suite struct LoginListenerTests {
    @Test func nobodyIsWaitedForForEver() async throws {
        let listener = try LoginListener(
            redirectURI: "http://localhost:\(FreePort.next())/", state: "s")
        let failure = await #expect(throws: Diagnostic.self) {
            try await listener.wait(patience: .milliseconds(50), onReady: {}, redeem: { code in code })
        }
        #expect(failure?.code == "login_timeout")
    }

    @Test func aSecondAnswerComesTooLate() async throws {
        let port = FreePort.next()
        let listener = try LoginListener(redirectURI: "http://localhost:\(port)/back", state: "s")
        let base = "http://localhost:\(port)"
        let visits = Mutex<Task<Int, any Error>?>(nil)
        let code = try await listener.wait {
            let visit = Task { try await LoginShop.get("\(base)/back?state=s&code=a%2Bb").status }
            visits.withLock { $0 = visit }
        } redeem: { (code: String) async throws -> String in
            // In the midst of the first one.
            #expect(try await LoginShop.get("\(base)/back?state=s&code=second").status == 410)
            #expect(try await LoginShop.get("\(base)/back").status == 400)
            #expect(try await LoginShop.get("\(base)/favicon.ico").status == 404)
            return code
        }
        #expect(try await visits.withLock { $0 }?.value == 200)
        #expect(code == "a+b")
    }

    @Test(arguments: [
        ("state=s&code=c", LoginAnswer.code("c")), ("code=c&state=s&location=NA", .code("c")),
        ("state=x&code=c", .wrongState), ("code=c", .wrongState), ("error=access_denied", .wrongState),
        ("state=s&error=access_denied", .refused("access_denied")),
        ("state=s&error=invalid_scope", .refused("invalid_scope")),
        ("state=s", .illegible), ("", .illegible), ("state=s&code=", .illegible), ("state=s&code=%E0%A4", .illegible),
    ]) func whatTheBrowserBrings(query: String, answer: LoginAnswer) {
        #expect(LoginAnswer(query: query, state: "s") == answer)
    }

    @Test func aRefusedScopeSaysWhichAreWanted() {
        let failure = LoginAnswer.refused("invalid_scope").failure
        #expect(failure?.hint?.contains("personalize:read and personalize:manage") == true)
    }

    @Test(arguments: [
        (" abc \n", LoginAnswer.code("abc")), ("http://localhost:8184/?code=c&state=s", .code("c")),
        ("http://localhost:8184/?code=c&state=s#x", .code("c")), ("http://localhost/?code=c&state=x", .wrongState),
        ("", .illegible), ("a b", .illegible),
    ]) func whatIsPasted(text: String, answer: LoginAnswer) {
        #expect(LoginAnswer(pasted: text, state: "s") == answer)
    }
}
