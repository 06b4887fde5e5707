extension Double {
    /// With three digits after the point, as people read it; zero where it is no finite number, which JSON cannot write.
    var rounded3: Double { isFinite ? (self * 1000).rounded() / 1000 : 0 }
}

extension UInt64 {
    /// Microseconds as milliseconds.
    var milliseconds: Double { (Double(self) / 1000).rounded3 }
}

extension Duration {
    /// Seconds with three digits after the point.
    var rounded3: Double { (Double(components.seconds) + Double(components.attoseconds) / 1e18).rounded3 }
}
