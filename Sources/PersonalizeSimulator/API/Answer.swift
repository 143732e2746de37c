import HTTPTypes
import Hummingbird
import NIOCore

extension HTTPField.Name {
    static let projectUID = Self.known("x-project-uid")
    static let userUID = Self.known("x-cs-personalize-user-uid")
    /// The name of earlier days, which Segment's destination still sends.
    static let legacyUserUID = Self.known("x-cs-eclipse-user-uid")
    static let liveAttributes = Self.known("x-live-attributes")
    static let pageURL = Self.known("x-page-url")
    // Where the visitor is: Contentstack goes by the address, the simulator by what a test says.
    static let country = Self.known("x-simulator-country")
    static let region = Self.known("x-simulator-region")
    static let city = Self.known("x-simulator-city")
    static let organizationUID = Self.known("organization_uid")
    static let requestedHeaders = Self.known("access-control-request-headers")
    static let authtoken = Self.known("authtoken")

    private static func known(_ name: StaticString) -> Self {
        guard let known = Self(name.description) else { preconditionFailure("\(name) is no header name") }
        return known
    }
}

/// What the client gets, before any fault spoils it.
struct Answer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body = ""
    /// Whether a write took effect.
    var isApplied = false

    static let tooLarge = Answer.error(413, field: "body", code: "personalize.BODY_TOO_LARGE")

    static func json(_ status: Int, _ body: String) -> Answer {
        Answer(status: status, headers: [("content-type", "application/json")], body: body)
    }

    /// The envelope of the management API; the edge's own is not documented.
    static func error(_ status: Int, field: String, code: String) -> Answer {
        let entry = JSONText.object([("code", JSONText.quoted(code)), ("message", JSONText.quoted(code))])
        let errors = JSONText.object([(field, JSONText.array([entry]))])
        return json(status, JSONText.object([("status", String(status)), ("errors", errors)]))
    }

    /// The envelope for what concerns a whole request, as the CMS has it.
    static func message(_ status: Int, _ text: String, code: Int) -> Answer {
        json(
            status,
            JSONText.object([
                ("error_message", JSONText.quoted(text)), ("error_code", String(code)), ("status", String(status)),
            ]))
    }

    var response: Response {
        var fields = HTTPFields()
        for header in headers {
            if let name = HTTPField.Name(header.name) { fields.append(HTTPField(name: name, value: header.value)) }
        }
        let content = body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(string: body))
        var response = Response(status: .init(code: status), headers: fields, body: content)
        if status == 204 { response.headers[.contentLength] = nil }
        return response
    }

    /// The answer as it would stand on the wire, for faults that cut it up; it ends the connection.
    var wireBytes: [UInt8] {
        var text = "HTTP/1.1 \(status) \(HTTPResponse.Status(code: status).reasonPhrase)\r\n"
        for header in headers { text += "\(header.name): \(header.value)\r\n" }
        if status != 204 { text += "content-length: \(body.utf8.count)\r\n" }
        return Array((text + "connection: close\r\n\r\n" + body).utf8)
    }
}
