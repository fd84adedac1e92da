// Package tfevents reads TensorBoard's event files: records with checksums around protobuf messages. Its entry points
// are Header and Payload, which cut a file into records, and Scalars, which finds the scalars of one. They are pure: bytes
// go in, what they say comes out.
//
// It imports the standard library and the wire format of protobuf only.
package tfevents
