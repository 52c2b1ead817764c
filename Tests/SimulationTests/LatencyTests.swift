import Testing

@testable import Simulation

struct LatencyTests {
    private static func milliseconds(_ latency: Latency, seed: UInt64 = 7, count: Int = 20_000) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in latency.draw(&generator) / .milliseconds(1) }
    }

    @Test("a distribution has its mean, median and bounds")
    func shapes() throws {
        #expect(Set(Self.milliseconds(try #require(Latency("fixed:20")))) == [20])
        let even = Self.milliseconds(try #require(Latency("uniform:10:30")))
        #expect(even.allSatisfy { (10...30).contains($0) } && abs(even.reduce(0, +) / 20_000 - 20) < 0.3)
        let normal = Self.milliseconds(try #require(Latency("normal:100:10")))
        let mean = normal.reduce(0, +) / 20_000
        let variance = normal.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        #expect(abs(mean - 100) < 0.5 && abs(variance.squareRoot() - 10) < 0.5)
        let skewed = Self.milliseconds(try #require(Latency("lognormal:800:0.5"))).sorted()
        #expect(abs(skewed[10_000] - 800) < 25 && abs(skewed[16_827] / skewed[10_000] - 1.6487) < 0.08)
    }

    @Test("nothing takes less than no time, nor more than ten minutes")
    func bounds() throws {
        let wide = Self.milliseconds(try #require(Latency("normal:0:600000")))
        #expect(wide.allSatisfy { (0...600_000).contains($0) } && wide.contains(0))
        #expect(Self.milliseconds(try #require(Latency("lognormal:600000:10"))).allSatisfy { $0 <= 600_000 })
    }

    @Test("the same seed draws the same, another seed something else")
    func seeds() throws {
        let latency = try #require(Latency("lognormal:800:0.5"))
        #expect(Self.milliseconds(latency, seed: 1, count: 50) == Self.milliseconds(latency, seed: 1, count: 50))
        #expect(Self.milliseconds(latency, seed: 1, count: 50) != Self.milliseconds(latency, seed: 2, count: 50))
    }

    @Test(
        "what is no distribution is none",
        arguments: [
            "", "fixed", "fixed:", "fixed:x", "fixed:-1", "fixed:1:2", "uniform:3:2", "normal:1", "lognormal:0:1",
            "lognormal:5:11", "fixed:600001", "fixed:nan", "none:1",
        ]
    )
    func nonsense(_ text: String) {
        #expect(Latency(text) == nil)
    }
}
