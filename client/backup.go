package client

import (
	"context"
	"io"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

var _ hone.BackupService = (*Client)(nil)

// Backup writes a copy of the server's store, as it is at one moment. A copy that breaks off is an error, and what
// was written of it is good for nothing.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	resp, err := c.open(ctx, get(wire.Backup, hone.Name{}))
	if err != nil {
		return err
	}
	body := &output{ReadCloser: resp.Body, failed: func(err error) error { return c.failed(ctx, err) }}
	defer func() { _ = body.Close() }()
	_, err = io.Copy(w, body)
	return err
}
