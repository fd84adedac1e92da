package bolt

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

// schemaVersion is what this program writes. A change that an older program could not read, or would
// destroy, raises it and adds a step to migrations.
const schemaVersion = 2

// bucket is the name of a bucket, and how full its pages become: the more its keys only grow, the fuller.
type bucket struct {
	name string
	fill float64
}

// The buckets. slot, number and attempt have four bytes, sequence and place eight, all big endian.
var (
	metaBucket     = bucket{"meta", 0.5}        // what the file is, "format" and "schema", and whose: "fence"
	uidBucket      = bucket{"uids", 0.5}        // UID → slot, name
	nameBucket     = bucket{"names", 0.5}       // namespace, 0, name → slot
	specBucket     = bucket{"experiments", 0.5} // slot → what never changes of an experiment
	stateBucket    = bucket{"states", 0.5}      // slot → what events change of it
	eventBucket    = bucket{"events", 0.95}     // slot, sequence → event
	trialBucket    = bucket{"trials", 0.7}      // slot, number → trial; trials grow once after they were created
	rankBucket     = bucket{"ranking", 0.6}     // slot, class, sortable value, number → nothing
	finishedBucket = bucket{"finished", 0.95}   // slot, place in the order of finishing → number
	chunkBucket    = bucket{"chunks", 0.9}      // slot, number, attempt, source, sequence → cursor and readings
	deletedBucket  = bucket{"deleted", 0.5}     // slots whose content is still being removed
	tokenBucket    = bucket{"tokens", 0.5}      // ID → token, with the hash of its secret
)

func buckets() []bucket {
	return []bucket{metaBucket, uidBucket, nameBucket, specBucket, stateBucket, eventBucket, trialBucket,
		rankBucket, finishedBucket, chunkBucket, deletedBucket, tokenBucket}
}

// contents are the buckets whose keys begin with a slot and that may be large.
func contents() []bucket {
	return []bucket{eventBucket, trialBucket, rankBucket, finishedBucket, chunkBucket}
}

const (
	formatKey = "format"
	schemaKey = "schema"
	fenceKey  = "fence" // the highest token of a process that owned the file; missing where none had one
	format    = "hone"
)

// in opens the bucket. One that is missing is noticed at opening.
func (b bucket) in(tx *bbolt.Tx) *bbolt.Bucket { return tx.Bucket([]byte(b.name)) }

// writeSchema makes the buckets of an empty file.
func writeSchema(tx *bbolt.Tx) error {
	for _, b := range buckets() {
		if _, err := tx.CreateBucketIfNotExists([]byte(b.name)); err != nil {
			return err
		}
	}
	if err := metaBucket.in(tx).Put([]byte(formatKey), []byte(format)); err != nil {
		return err
	}
	return putVersion(tx, schemaVersion)
}

func putVersion(tx *bbolt.Tx, version uint64) error {
	return metaBucket.in(tx).Put([]byte(schemaKey), binary.BigEndian.AppendUint64(nil, version))
}

// migrations takes a file from the schema of its index plus 1 to the next one. Each step is a transaction.
var migrations = [schemaVersion - 1]func(*bbolt.Tx) error{
	addTokens,
}

// addTokens makes room for tokens. An older program would serve the file as if nobody needed one.
func addTokens(tx *bbolt.Tx) error {
	_, err := tx.CreateBucketIfNotExists([]byte(tokenBucket.name))
	return err
}

// checkSchema tells the schema version of a file, or why it is not one of ours.
func checkSchema(tx *bbolt.Tx, path string) (uint64, error) {
	meta := metaBucket.in(tx)
	if meta == nil || string(meta.Get([]byte(formatKey))) != format || len(meta.Get([]byte(schemaKey))) != 8 {
		return 0, hone.Errorf(hone.InvalidArgument, "%s is a bbolt file of another program, not a store of hone: choose another data directory", path)
	}
	version := binary.BigEndian.Uint64(meta.Get([]byte(schemaKey)))
	if version < 1 {
		return 0, hone.Errorf(hone.DataLoss, "%s is damaged: it has no schema version; restore the file from a backup", path)
	}
	if version > schemaVersion {
		return 0, hone.Errorf(hone.Unimplemented, "%s has schema version %d, and this program reads versions up to %d: it was written by a newer hone; use that one, or another data directory", path, version, schemaVersion)
	}
	for _, b := range buckets() {
		if version == schemaVersion && b.in(tx) == nil {
			return 0, hone.Errorf(hone.DataLoss, "%s is damaged: its bucket %q is missing; restore the file from a backup", path, b.name)
		}
	}
	return version, nil
}

// lookAround reads the first and the last record of every bucket, and with them a path of pages on either
// side: gross damage is noticed at opening, without reading everything.
func lookAround(tx *bbolt.Tx) error {
	for _, b := range buckets() {
		c := b.in(tx).Cursor()
		first, _ := c.First()
		last, _ := c.Last()
		if string(first) > string(last) {
			return fmt.Errorf("the keys of bucket %q are out of order", b.name)
		}
	}
	return nil
}
