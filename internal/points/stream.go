package points

import "math/rand/v2"

// Stream is the randomness of one trial for one purpose: a generator that depends on nothing else.
// Different purposes give independent streams.
func Stream(seed uint64, number int, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(Mix(seed^Mix(purpose)), Mix(uint64(number))))
}

// Mix spreads the bits of x over 64 bits: the finisher of SplitMix64 (Steele, Lea, Flood 2014, fig. 17).
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
