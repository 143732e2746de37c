import Contentstack
import Testing

@Suite struct RetryAfterTests {
    private static let date = "Sun, 06 Nov 1994 08:49:37 GMT"

    @Test(arguments: [
        ("0", 0), ("7", 7), ("007", 7), ("120", 120), ("86400", 86_400), ("1.5", 2), ("1.0", 1), ("0.001", 1),
        ("99999999999999999999", 1_000_000_000), ("9223372036854775807", 1_000_000_000),
    ]) func readsSeconds(text: String, seconds: Int) {
        #expect(RetryAfter.pause(text, date: nil) == .seconds(seconds))
        #expect(RetryAfter.pause(text, date: Self.date) == .seconds(seconds))
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:50:07 GMT", 30), ("Sunday, 06-Nov-94 08:50:07 GMT", 30),
        ("Sun Nov  6 08:50:07 1994", 30), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        // Over already, and as far off as a date can be.
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 1_000_000_000),
    ]) func measuresADateAgainstTheAnswersOwn(text: String, seconds: Int) {
        #expect(RetryAfter.pause(text, date: Self.date) == .seconds(seconds))
        #expect(RetryAfter.pause(text, date: "Sunday, 06-Nov-94 08:49:37 GMT") == .seconds(seconds))
        #expect(RetryAfter.pause(text, date: "Sun Nov  6 08:49:37 1994") == .seconds(seconds))
    }

    @Test(arguments: [
        "", " ", "-1", "+1", "1e3", "1.", ".5", "1.5.2", "0x10", "soon", "7 s", "٧", "1,2", "Infinity", "-0",
        "Sun, 06 Nov 1994 08:50:07", "Sun, 06 Nov 1994 08:50:07 CET",
    ]) func nonsenseIsNoRetryAfter(text: String) {
        #expect(RetryAfter.pause(text, date: Self.date) == nil)
    }

    /// Our clock may be wrong by more than the pause is long.
    @Test(arguments: [nil, "", "now"]) func aDateWithoutADateIsNoRetryAfter(date: String?) {
        #expect(RetryAfter.pause("Sun, 06 Nov 1994 08:50:07 GMT", date: date) == nil)
    }
}

@Suite struct HTTPDateTests {
    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", Int64(784_111_777)), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777), ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("Sun, 29 Feb 2032 12:00:00 GMT", 1_961_668_800), ("Sunday, 29-Feb-32 12:00:00 GMT", 1_961_668_800),
        ("Sun Feb 29 12:00:00 2032", 1_961_668_800), ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
    ]) func readsThreeForms(text: String, seconds: Int64) {
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "soon", "Sun, 31 Feb 2026 00:00:00 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun,  06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37", "Sun Nov 6 08:49:37 1994", "Sun Nov  06 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT", "Sun Nov  6 08:49:37 94", "Sun, 06 Nov 1994 08:49:37 +0000",
    ]) func refusesOthers(text: String) {
        #expect(HTTPDate.seconds(text) == nil)
    }
}
