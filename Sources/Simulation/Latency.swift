import Foundation
import Synchronization

/// How long something takes: a distribution, in milliseconds.
public enum Latency: Sendable, Equatable {
    case none
    case fixed(Double)
    case uniform(Double, Double)
    /// Mean and standard deviation; what falls below zero is zero.
    case normal(Double, Double)
    /// Median, and the standard deviation of the logarithm.
    case lognormal(Double, Double)

    /// Ten minutes: nothing takes longer.
    public static let longest: Double = 600_000

    /// `none`, `fixed:MS`, `uniform:FROM:TO`, `normal:MEAN:DEVIATION` or `lognormal:MEDIAN:SIGMA`.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let values = parts.dropFirst().compactMap { Double($0) }
        guard let name = parts.first, values.count == parts.count - 1,
            values.allSatisfy({ (0...Self.longest).contains($0) })
        else { return nil }
        switch (name, values.count) {
        case ("none", 0): self = .none
        case ("fixed", 1): self = .fixed(values[0])
        case ("uniform", 2) where values[0] <= values[1]: self = .uniform(values[0], values[1])
        case ("normal", 2): self = .normal(values[0], values[1])
        case ("lognormal", 2) where values[0] > 0 && values[1] <= 10: self = .lognormal(values[0], values[1])
        default: return nil
        }
    }

    /// One value of the distribution.
    func draw(_ generator: inout SeededGenerator) -> Duration {
        let milliseconds: Double =
            switch self {
            case .none: 0
            case .fixed(let time): time
            case .uniform(let from, let to): Double.random(in: from...to, using: &generator)
            case .normal(let mean, let deviation): mean + deviation * Self.standardNormal(&generator)
            case .lognormal(let median, let sigma): median * exp(sigma * Self.standardNormal(&generator))
            }
        return .microseconds(Int64(min(max(0, milliseconds), Self.longest) * 1_000))
    }

    /// Box and Muller's way.
    private static func standardNormal(_ generator: inout SeededGenerator) -> Double {
        let radius = Double.random(in: Double.leastNonzeroMagnitude...1, using: &generator)
        let angle = Double.random(in: 0..<1, using: &generator)
        return (-2 * log(radius)).squareRoot() * cos(2 * .pi * angle)
    }
}

/// A latency that can be changed while it is in use.
final class LatencySource: Sendable {
    private struct State {
        var latency: Latency
        var generator: SeededGenerator
    }

    private let state: Mutex<State>

    init(_ latency: Latency, seed: UInt64) {
        state = Mutex(State(latency: latency, generator: SeededGenerator(seed: seed)))
    }

    var latency: Latency {
        get { state.withLock { $0.latency } }
        set { state.withLock { $0.latency = newValue } }
    }

    func draw() -> Duration {
        state.withLock { $0.latency == .none ? .zero : $0.latency.draw(&$0.generator) }
    }
}
