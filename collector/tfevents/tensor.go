package tfevents

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of a TensorProto.
const (
	tensorType    = 1
	tensorShape   = 2
	tensorContent = 4
	tensorFloat   = 5
	tensorDouble  = 6
	tensorInt     = 7
	tensorInt64   = 10
	tensorBool    = 11
	tensorHalf    = 13
	tensorUint32  = 16
	tensorUint64  = 17

	shapeDim = 2
	dimSize  = 1
)

// Types of the elements of a tensor.
const (
	typeFloat    = 1
	typeDouble   = 2
	typeInt32    = 3
	typeUint8    = 4
	typeInt16    = 5
	typeInt8     = 6
	typeInt64    = 9
	typeBool     = 10
	typeBfloat16 = 14
	typeUint16   = 17
	typeHalf     = 19
	typeUint32   = 22
	typeUint64   = 23
)

// contents is what was found in a tensor.
type contents struct {
	kind   uint64
	single bool   // of one element, by its shape
	raw    []byte // the elements as they lie in memory, little endian
	// bits are the only element in a list of them; count tells how many there are.
	bits  uint64
	list  protowire.Number
	count int
}

// tensor reads a tensor that has a single element; any other is no scalar.
func tensor(data []byte) (value float64, ok bool, err error) {
	c := contents{single: true}
	if err := fields(data, c.field); err != nil {
		return 0, false, err
	}
	if !c.single {
		return 0, false, nil
	}
	if len(c.raw) > 0 {
		value, ok = fromContent(c.kind, c.raw)
		return value, ok, nil
	}
	if c.count != 1 {
		return 0, false, nil
	}
	value, ok = fromList(c.kind, c.list, c.bits)
	return value, ok, nil
}

func (c *contents) field(f field) (err error) {
	switch {
	case f.number == tensorType && f.kind == protowire.VarintType:
		c.kind = f.bits
	case f.number == tensorShape && f.kind == protowire.BytesType:
		c.single, err = single(f.bytes)
	case f.number == tensorContent && f.kind == protowire.BytesType:
		c.raw = f.bytes
	case listed(f.number):
		err = c.elements(f)
	}
	return err
}

// listed reports whether a field is a list of elements.
func listed(n protowire.Number) bool {
	switch n {
	case tensorFloat, tensorDouble, tensorInt, tensorInt64, tensorBool, tensorHalf, tensorUint32, tensorUint64:
		return true
	}
	return false
}

// single reads a shape: whether every dimension is 1.
func single(shape []byte) (all bool, err error) {
	all = true
	err = fields(shape, func(f field) error {
		if f.number != shapeDim || f.kind != protowire.BytesType {
			return nil
		}
		size := uint64(0) // as when it is left out
		err := fields(f.bytes, func(f field) error {
			if f.number == dimSize && f.kind == protowire.VarintType {
				size = f.bits
			}
			return nil
		})
		all = all && size == 1
		return err
	})
	return all, err
}

// elements takes the elements of a list, which come one by one or packed.
func (c *contents) elements(f field) error {
	c.list = f.number
	if f.kind != protowire.BytesType {
		c.bits, c.count = f.bits, c.count+1
		return nil
	}
	for rest := f.bytes; len(rest) > 0; c.count++ {
		var n int
		switch f.number {
		case tensorFloat:
			var bits uint32
			bits, n = protowire.ConsumeFixed32(rest)
			c.bits = uint64(bits)
		case tensorDouble:
			c.bits, n = protowire.ConsumeFixed64(rest)
		default:
			c.bits, n = protowire.ConsumeVarint(rest)
		}
		if n < 0 {
			return ErrDamaged
		}
		if c.count > 1 {
			return nil // there are too many either way
		}
		rest = rest[n:]
	}
	return nil
}

// fromList reads an element as it lies in a list.
func fromList(kind uint64, list protowire.Number, bits uint64) (float64, bool) {
	if list != listOf(kind) {
		return 0, false
	}
	return number(kind, bits)
}

// listOf is the list that elements of a type lie in.
func listOf(kind uint64) protowire.Number {
	switch kind {
	case typeFloat:
		return tensorFloat
	case typeDouble:
		return tensorDouble
	case typeInt32, typeInt16, typeInt8, typeUint16, typeUint8:
		return tensorInt
	case typeInt64:
		return tensorInt64
	case typeBool:
		return tensorBool
	case typeHalf, typeBfloat16:
		return tensorHalf
	case typeUint32:
		return tensorUint32
	case typeUint64:
		return tensorUint64
	}
	return 0
}

// fromContent reads the one element that bytes hold.
func fromContent(kind uint64, raw []byte) (float64, bool) {
	if len(raw) != size(kind) {
		return 0, false
	}
	var bytes [8]byte
	copy(bytes[:], raw)
	return number(kind, binary.LittleEndian.Uint64(bytes[:]))
}

// size is how many bytes an element of a type takes.
func size(kind uint64) int {
	switch kind {
	case typeDouble, typeInt64, typeUint64:
		return 8
	case typeFloat, typeInt32, typeUint32:
		return 4
	case typeHalf, typeBfloat16, typeInt16, typeUint16:
		return 2
	case typeInt8, typeUint8, typeBool:
		return 1
	}
	return 0
}

// number is what the bits of an element mean. Those above its size do not count.
func number(kind, bits uint64) (float64, bool) {
	switch kind {
	case typeFloat:
		return float64(math.Float32frombits(uint32(bits))), true
	case typeDouble:
		return math.Float64frombits(bits), true
	case typeHalf:
		return half(uint16(bits)), true
	case typeBfloat16:
		return bfloat16(uint16(bits)), true
	case typeInt64:
		return float64(int64(bits)), true
	case typeInt32:
		return float64(int32(bits)), true
	case typeInt16:
		return float64(int16(bits)), true
	case typeInt8:
		return float64(int8(bits)), true
	case typeUint64, typeUint32, typeUint16, typeUint8, typeBool:
		return float64(bits), true
	}
	return 0, false
}

// bfloat16 is the upper half of a float.
func bfloat16(bits uint16) float64 { return float64(math.Float32frombits(uint32(bits) << 16)) }

// half reads a number of IEEE 754's binary16.
func half(bits uint16) float64 {
	const (
		exponents = 0x1f
		fractions = 0x3ff
		bias      = 15
		digits    = 10
	)
	sign := 1.0
	if bits>>15 == 1 {
		sign = -1
	}
	exponent, fraction := int(bits>>digits&exponents), float64(bits&fractions)
	switch {
	case exponent == exponents && fraction != 0:
		return math.NaN()
	case exponent == exponents:
		return math.Inf(int(sign))
	case exponent == 0:
		return sign * math.Ldexp(fraction, 1-bias-digits)
	}
	return sign * math.Ldexp(fractions+1+fraction, exponent-bias-digits)
}
