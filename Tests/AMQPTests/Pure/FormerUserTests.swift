import Testing

@testable import AMQP

@Suite struct FormerUserTests {
    private func restored(_ userID: String?, _ former: FieldValue?) -> BasicProperties {
        var properties = BasicProperties(headers: ["other": 1], userID: userID)
        properties.headers[BasicProperties.formerUser] = former
        properties.restoreUser(movedBy: "owner")
        return properties
    }

    @Test func `the owner's word alone gives a message another user, and the header is never left`() {
        #expect(restored("owner", "app").userID == "app")
        #expect(restored("app", "somebody").userID == "app")
        #expect(restored(nil, "somebody").userID == nil)
        #expect(restored("owner", nil).userID == "owner")
        #expect(restored("owner", 7).userID == "owner")
        for properties in [restored("owner", "app"), restored("app", "somebody"), restored(nil, "x"), restored("owner", 7)] {
            #expect(properties.headers == ["other": 1])
        }
    }
}
