import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorExperienceTests {
    @Test func anExperienceIsKeptChangedAndDeleted() async throws {
        try await withSimulator { (client) async throws in
            #expect(try await client.manage("GET", "/experiences").body == "[]")
            let everyone = try await client.createAudience("everyone", Rules.all())
            let uid = try await client.createExperience("Home", everyone)
            let list = try await client.manage("GET", "/experiences").body
            for part in [
                #""shortUid":"0","name":"Home","description":"","__type":"SEGMENTED","status":"ACTIVE","tags":[]"#,
                #""variants":[{"shortUid":"0","name":"for \#(everyone)","audiences":["\#(everyone)"]}]"#,
            ] {
                #expect(list.contains(part), "\(list)")
            }
            let body =
                #"{"name":"Start","status":"PAUSED","variants":[{"name":"A"},{"name":"B","shortUid":"0","audiences":[]}]}"#
            let changed = try await client.manage("PUT", "/experiences/\(uid)", body)
            #expect(changed.status == 200 && changed.body.contains(#""name":"Start""#))
            #expect(changed.body.contains(#"[{"shortUid":"1","name":"A","audiences":[]},{"shortUid":"0","name":"B""#))
            #expect(try await client.manage("DELETE", "/experiences/\(uid)").status == 204)
            #expect(try await client.manage("DELETE", "/experiences/\(uid)").status == 404)
        }
    }

    @Test(arguments: [
        (#"{"status":"ACTIVE"}"#, "NAME_REQUIRED"), (#"{"name":"A"}"#, "STATUS_REQUIRED"),
        (#"{"name":"A","status":"ON"}"#, "INVALID_STATUS"),
        (#"{"name":"A","status":"ACTIVE","__type":"AB_TEST"}"#, "NOT_VALID_ENUM"),
        (#"{"name":"A","status":"ACTIVE","variants":[]}"#, "EMPTY_ARRAY"),
        (#"{"name":"A","status":"ACTIVE","variants":[{"name":"V","audiences":["5f"]}]}"#, "AUDIENCE_NOT_FOUND"),
        (#"{"name":"A","status":"ACTIVE","variants":[{"name":"V","audiences":"5f"}]}"#, "INVALID_VARIANT"),
        (
            #"{"name":"A","status":"ACTIVE","variants":[{"name":"V","shortUid":"1"},{"name":"W","shortUid":"1"}]}"#,
            "DUPLICATE_SHORT_UID"
        ),
        (#"{"name":"A","status":"ACTIVE","tags":[1],"variants":[{"name":"V"}]}"#, "INVALID_TAGS"),
    ])
    func refusesAnExperienceThatDoesNotFit(body: String, reason: String) async throws {
        try await withSimulator { (client) async throws in
            let reply = try await client.manage("POST", "/experiences", body)
            #expect(reply.status == 400)
            #expect(reply.body.contains(#""code":"personalize.EXPERIENCES.\#(reason)""#), "\(reply.body)")
        }
    }

    @Test func anAudienceThatAnExperienceUsesCannotBeDeleted() async throws {
        try await withSimulator { (client) async throws in
            let everyone = try await client.createAudience("everyone", Rules.all())
            let uid = try await client.createExperience("Home", everyone)
            let held = try await client.manage("DELETE", "/audiences/\(everyone)")
            #expect(held.status == 400 && held.body.contains("personalize.AUDIENCES.IN_USE"))
            _ = try await client.manage("DELETE", "/experiences/\(uid)")
            #expect(try await client.manage("DELETE", "/audiences/\(everyone)").status == 204)
        }
    }

    @Test func tellsWhoIsInWhichAudience() async throws {
        try await withSimulator { (client) async throws in
            let vip = try await client.createAttribute("vip")
            let vips = try await client.createAudience("VIPs", Rules.all(Rules.custom(vip, "IS_TRUE")))
            let everyone = try await client.createAudience("everyone", Rules.all())
            for (uid, value) in [("b", true), ("a", true), ("c", false)] {
                _ = try await client.patch(uid, #"{"vip":\#(value)}"#)
            }
            let path = "/__simulator/audiences?project=\(testProject)"
            #expect(
                try await client.send("GET", path).body
                    == #"{"audiences":[{"uid":"\#(vips)","name":"VIPs","users":["a","b"]},"#
                    + #"{"uid":"\#(everyone)","name":"everyone","users":["a","b","c"]}]}"#)
            #expect(
                try await client.send("GET", path + "&uid=c").body
                    == #"{"audiences":[{"uid":"\#(vips)","name":"VIPs","member":false},"#
                    + #"{"uid":"\#(everyone)","name":"everyone","member":true}]}"#)
            #expect(try await client.send("GET", "/__simulator/audiences").status == 400)
        }
    }

    @Test func aResetForgetsExperiences() async throws {
        try await withSimulator { (client) async throws in
            _ = try await client.createExperience("Home", try await client.createAudience("all", Rules.all()))
            _ = try await client.send("POST", "/__simulator/reset")
            #expect(try await client.manage("GET", "/experiences").body == "[]")
            #expect(try await client.manifest("u1").body == #"{"experiences":[]}"#)
        }
    }
}
