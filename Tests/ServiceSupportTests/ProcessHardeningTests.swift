import Foundation
import Logging
import ServiceSupport
import Testing

@Suite(.serialized) struct ProcessHardeningTests {
    #if os(Linux)
        /// `prctl` of one argument, which Swift does not import.
        private func prctl(_ option: CInt, _ value: CUnsignedLong = 0) throws -> CInt {
            typealias Control = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
            let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "prctl"))
            return unsafeBitCast(symbol, to: Control.self)(option, value, 0, 0, 0)
        }

        @Test func `other processes of the user cannot read a service's memory`() throws {
            let (setDumpable, getDumpable) = (4 as CInt, 3 as CInt)
            defer { _ = try? prctl(setDumpable, 1) }
            #expect(try prctl(setDumpable, 1) == 0)
            ProcessHardening.apply(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            #expect(try prctl(getDumpable) == 0)
        }
    #endif
}
