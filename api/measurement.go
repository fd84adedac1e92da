package api

import (
	"context"
	"net/http"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

type batch struct {
	hone.Name
	hone.Batch
}

func batchRequest(r *http.Request) (b batch, err error) {
	t, err := trialID(r)
	if err != nil {
		return b, err
	}
	body, err := readBody(r)
	if err != nil {
		return b, err
	}
	b.Name = t.Name
	b.Batch, err = wire.DecodeBatch(body, t.number)
	return b, err
}

// measure hands readings in.
func (o Options) measure(s hone.MeasurementService) func(context.Context, batch) (wire.MeasureReply, error) {
	return func(ctx context.Context, b batch) (wire.MeasureReply, error) {
		stop, err := s.Measure(ctx, b.Name, b.Batch)
		if err == nil {
			o.Metrics.measured(len(b.Measurements))
		}
		return wire.MeasureReply{Stop: stop}, err
	}
}

type readings struct {
	trial
	metric string
}

func readingsRequest(r *http.Request) (m readings, err error) {
	q := query{values: r.URL.Query()}
	if m.trial, err = trialID(r); err != nil {
		return m, err
	}
	m.metric = q.text("metric")
	return m, q.err
}

func (h *handler) readings(ctx context.Context, m readings) (wire.Readings, error) {
	all, err := h.service.Measurements(ctx, m.Name, m.number, m.metric)
	return wire.Readings{Trial: hone.TrialName(m.Name.Name, m.number), Measurements: list(all)}, err
}
