package hone

import "time"

// Duration is a time.Duration that is written as text: 90s, 30m, 1h30m.
type Duration time.Duration

// String writes the duration without trailing zero units: 30m, not 30m0s.
func (d Duration) String() string {
	s := time.Duration(d).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if n := len(s) - len(zero); n > 0 && s[n:] == zero {
			s = s[:n+1]
		}
	}
	return s
}

// MarshalText writes the duration for JSON and YAML.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration as time.ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return Errorf(InvalidArgument, "%q is not a duration; write it like 90s, 30m or 2h", text)
	}
	*d = Duration(parsed)
	return nil
}
