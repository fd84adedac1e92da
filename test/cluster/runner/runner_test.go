package runner_test

import (
	"testing"

	"github.com/hone-tuner/hone/trials/trialstest"
)

func TestConformance(t *testing.T) {
	s := prepare(t)
	trialstest.Run(t, func(t *testing.T) trialstest.Place {
		t.Parallel()
		return s.place(t)
	})
}
