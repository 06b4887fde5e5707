/// The number of a type, and a priority: of the tasks that share them, those that are not deferred are handed out in the order of their
/// ids.
struct CursorName: Hashable {
    let type: Int32
    let priority: Int16
}
