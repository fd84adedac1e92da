package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt/pages"
)

// Finding is something that is wrong with a store.
type Finding struct {
	// Where it is: an experiment, a bucket, a page.
	Where string `json:"where"`
	What  string `json:"what"`
}

func (f Finding) String() string { return f.Where + ": " + f.What }

// Report is what Check found in a store.
type Report struct {
	Size int64 `json:"size"` // of the file, in bytes
	Free int64 `json:"free"` // bytes in it that the next writes will use

	Experiments  int   `json:"experiments"`
	Trials       int   `json:"trials"`
	Events       int64 `json:"events"`
	Batches      int64 `json:"batches"`
	Measurements int64 `json:"measurements"`
	// Buckets are the bytes that each bucket takes.
	Buckets map[string]int64 `json:"buckets"`

	// Findings are what is wrong, at most FindingLimit of them; none means that the store is whole.
	Findings []Finding `json:"findings"`
	// More is how many findings there were beyond those.
	More int `json:"more,omitempty"`
}

// FindingLimit is how many findings a report lists.
const FindingLimit = 100

// Progress is how far a check has come.
type Progress struct {
	Doing       string // what is looked at
	Done, Total int64
}

// Check reads all of the store in a file and says what is wrong with it: whether every page is whole and used
// once, every record can be read, every index agrees with what it indexes, no batch of measurements is
// missing, and whether the events, folded anew, give the states that are stored. It changes nothing, and
// works on a file that cannot be opened any more. progress is told now and then how far it is; nil is fine.
//
// An error says that the file could not be checked: NotFound, Unavailable while another process has it open,
// InvalidArgument for another program's, Unimplemented for one that a newer version wrote.
func Check(ctx context.Context, path string, progress func(Progress)) (Report, error) {
	report := Report{Buckets: map[string]int64{}, Findings: []Finding{}}
	if progress == nil {
		progress = func(Progress) {}
	}
	file, err := openShared(path)
	if err != nil {
		return report, explain(path, err)
	}
	defer func() { _ = file.Close() }()
	report.Size = fileSize(file)
	if err := checkHeader(path, file); errors.Is(err, hone.DataLoss) {
		report.find("the file", "%v", err)
		return report, nil
	} else if err != nil {
		return report, explain(path, err)
	}
	newest, err := newestMetaAnd(file, &report)
	if err != nil {
		return report, explain(path, err)
	}
	c := &checker{ctx: ctx, path: path, report: &report, progress: progress, meta: newest,
		file: pages.New(file, pages.Layout{PageSize: newest.pageSize, Count: uint64(newest.pages), Root: newest.root, Freelist: newest.freelist})}
	if err := c.pages(); err != nil {
		return report, err
	}
	if err := c.schema(); err != nil {
		return report, err
	}
	return report, c.content()
}

// openShared opens a file for reading, unless another process has it open for writing.
func openShared(path string) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, hone.Errorf(hone.NotFound, "there is no file %s", path)
		}
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = hone.Errorf(hone.Unavailable, "store %s: another process has it open, and a check needs it to stand still; check a copy: hone backup - | hone check -", path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// newestMetaAnd finds the meta page that counts, and notes when the other one is damaged: it may have been
// the newer one.
func newestMetaAnd(file *os.File, report *Report) (meta, error) {
	newest, _, err := newestMeta(file)
	if err != nil {
		return newest, err
	}
	for id := range int64(2) {
		var data [metaSize]byte
		if _, err := file.ReadAt(data[:], id*newest.pageSize+pageHeader); err != nil {
			return newest, err
		}
		if _, _, valid := parseMeta(data[:]); !valid {
			report.find(fmt.Sprintf("page %d", id), "this meta page is damaged; the other one stands in for it, which may be one transaction older")
		}
	}
	return newest, nil
}

func (r *Report) find(where, what string, args ...any) {
	if len(r.Findings) >= FindingLimit {
		r.More++
		return
	}
	r.Findings = append(r.Findings, Finding{Where: where, What: fmt.Sprintf(what, args...)})
}

// checker is one check at work.
type checker struct {
	ctx      context.Context //nolint:containedctx // of one call
	path     string
	meta     meta
	file     *pages.File
	report   *Report
	progress func(Progress)
	steps    int64
	known    map[string]*pages.Bucket
}

// step says how far the check is, now and then, and whether it shall go on.
func (c *checker) step(doing string, done, total int64) error {
	const often = 1 << 12
	if c.steps++; c.steps%often == 0 {
		c.progress(Progress{Doing: doing, Done: done, Total: total})
		return alive(c.ctx)
	}
	return nil
}

// pages looks at the pages of the file.
func (c *checker) pages() error {
	looked := func(n uint64) { _ = c.step("pages", int64(n), c.meta.pages) }
	found := func(d pages.Damage) {
		where := fmt.Sprintf("page %d", d.Page)
		if d.Bucket != "" {
			where += fmt.Sprintf(" (bucket %q)", d.Bucket)
		}
		c.report.find(where, "%s", d.What)
	}
	result, err := c.file.Check(c.ctx, looked, found)
	if err != nil {
		return alive(c.ctx)
	}
	c.report.Free = c.report.Size - (c.meta.pages-int64(result.Free))*c.meta.pageSize
	for name, n := range result.Buckets {
		if name != "" {
			c.report.Buckets[name] = int64(n) * c.meta.pageSize
		}
	}
	return nil
}

// bucket finds a bucket of the file; nil for one that is missing, which schema has said.
func (c *checker) bucket(b bucket) *pages.Bucket {
	if c.known == nil {
		c.known = map[string]*pages.Bucket{}
		for _, b := range buckets() {
			c.known[b.name] = c.file.Bucket(b.name)
		}
	}
	return c.known[b.name]
}

// get reads one record.
func (c *checker) get(b bucket, key []byte) (value []byte) {
	c.bucket(b).Scan(key, func(k, v []byte) bool {
		if string(k) == string(key) {
			value = bytes.Clone(v)
		}
		return false
	})
	return value
}

// schema looks at what the file says that it is.
func (c *checker) schema() error {
	name, version := c.get(metaBucket, []byte(formatKey)), c.get(metaBucket, []byte(schemaKey))
	if string(name) != format || len(version) != 8 {
		if len(c.report.Findings) == 0 && c.bucket(specBucket) == nil {
			return hone.Errorf(hone.InvalidArgument, "%s is a bbolt file of another program, not a store of hone", c.path)
		}
		c.report.find(`bucket "meta"`, "it does not say that this is a store of hone")
		return nil
	}
	v := binary.BigEndian.Uint64(version)
	if v > schemaVersion {
		return hone.Errorf(hone.Unimplemented, "%s has schema version %d, and this program knows versions up to %d: check it with a newer hone", c.path, v, schemaVersion)
	} else if v < 1 {
		c.report.find(`bucket "meta"`, "there is no schema version %d", v)
	}
	if fence := c.get(metaBucket, []byte(fenceKey)); fence != nil && (len(fence) != 8 || int64(binary.BigEndian.Uint64(fence)) < 1) {
		c.report.find(`bucket "meta"`, "the fencing token %x is none: a process that was replaced could write", fence)
	}
	for _, b := range buckets() {
		if v == schemaVersion && c.bucket(b) == nil { // an older store lacks what was added later
			c.report.find(fmt.Sprintf("bucket %q", b.name), "it is missing or cannot be read")
		}
	}
	return nil
}
