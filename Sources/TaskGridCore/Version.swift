/// The version of TaskGrid.
public enum TaskGridVersion {
    public static let current = "0.1.0"
}
