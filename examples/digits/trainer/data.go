package trainer

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/hone-tuner/hone/examples/digits/data"
)

// Every image has 8×8 pixels, from 0 (white) to 16 (black), and shows one of ten digits.
const (
	pixels  = 64
	darkest = 16
	classes = 10
)

// example is one image: its pixels from 0 to 1, and the digit that it shows.
type example struct {
	image []float64
	digit int
}

// Dataset is all images, in three parts that share none.
type Dataset struct {
	Train      []example // to learn from
	Validation []example // to choose hyperparameters by
	Test       []example // to judge the chosen ones by, once
}

// Load reads the images and splits them. The split is always the same and stratified: of the
// images of each digit, in the order of the file, the first two of every four are for training, the third
// is for validation and the fourth for the test.
func Load() (Dataset, error) {
	examples, err := parseDigits(data.CSV)
	if err != nil {
		return Dataset{}, fmt.Errorf("reading the embedded images: %w", err)
	}
	var d Dataset
	var seen [classes]int
	for _, e := range examples {
		part := &d.Train
		switch seen[e.digit] % 4 {
		case 2:
			part = &d.Validation
		case 3:
			part = &d.Test
		}
		*part = append(*part, e)
		seen[e.digit]++
	}
	return d, nil
}

func parseDigits(compressed []byte) ([]example, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, err
	}
	lines := csv.NewReader(unzipped)
	lines.FieldsPerRecord = pixels + 1
	records, err := lines.ReadAll()
	if err != nil {
		return nil, err
	}
	examples := make([]example, len(records))
	for i, record := range records {
		if examples[i], err = parseExample(record); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return examples, nil
}

func parseExample(fields []string) (example, error) {
	e := example{image: make([]float64, pixels)}
	for i := range e.image {
		x, err := strconv.Atoi(fields[i])
		if err != nil || x < 0 || x > darkest {
			return e, fmt.Errorf("%q is no pixel from 0 to %d", fields[i], darkest)
		}
		e.image[i] = float64(x) / darkest
	}
	digit, err := strconv.Atoi(fields[pixels])
	if err != nil || digit < 0 || digit >= classes {
		return e, fmt.Errorf("%q is no digit", fields[pixels])
	}
	e.digit = digit
	return e, nil
}
