/// What keeps the simulator from working, in one line.
public struct SimulationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
