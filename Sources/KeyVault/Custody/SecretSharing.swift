import Glibc

/// Shamir's sharing of a secret, octet by octet over GF(256): K shares give it back, K − 1 tell nothing of it.
enum SecretSharing {
    /// A point of each octet's polynomial, at the same place.
    struct Point: Sendable, Equatable {
        /// 1 to 255; the secret is at 0.
        var place: UInt8
        var values: [UInt8]
    }

    /// Points 1 to `count`, any `need` of which give the secret back.
    static func split(_ secret: [UInt8], count: Int, need: Int) -> [Point] {
        var random = SystemRandomNumberGenerator()
        var points = (1...count).map { Point(place: UInt8($0), values: []) }
        for octet in secret {
            // Uniform, zero among them: only then does a point less tell nothing at all.
            var coefficients = [octet] + (1..<need).map { _ in UInt8.random(in: 0...255, using: &random) }
            for index in points.indices {
                points[index].values.append(value(of: coefficients, at: points[index].place))
            }
            coefficients.erase()
        }
        return points
    }

    /// What stands at place 0: the secret, if these are enough points of one sharing, and something else if not.
    ///
    /// - Parameter points: At different places, with equally many values.
    /// - Returns: As many octets as each point has.
    static func combine(_ points: [Point]) -> [UInt8] {
        let weights = points.map { point in
            points.filter { $0.place != point.place }.reduce(UInt8(1)) { product, other in
                GF256.multiply(product, GF256.multiply(other.place, GF256.inverse(other.place ^ point.place)))
            }
        }
        let length = points.map(\.values.count).min() ?? 0
        return (0..<length).map { index in
            zip(points, weights).reduce(UInt8(0)) { $0 ^ GF256.multiply($1.0.values[index], $1.1) }
        }
    }

    private static func value(of coefficients: [UInt8], at place: UInt8) -> UInt8 {
        coefficients.reversed().reduce(UInt8(0)) { GF256.multiply($0, place) ^ $1 }
    }
}

extension [UInt8] {
    /// Overwrites every octet, in a way that the compiler may not leave out; copies made before are others.
    mutating func erase() {
        withUnsafeMutableBytes { octets in
            guard let start = octets.baseAddress else { return }
            explicit_bzero(start, octets.count)
        }
    }
}
