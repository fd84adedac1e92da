// Package report brings the readings of one attempt to the service, from wherever the program runs. Its entry
// point is Open; the Reporter that it gives is a hone.Sink for a collector, and Run sends what came in.
//
// Readings are gathered while a request is under way, and written to a spool on disk before they are sent: a
// reporter that is killed and opened again sends the very same batches under the same numbers, which the service
// counts once, and its collector goes on from the cursor behind them. While the service is away it tries again, for as
// long as it lives. What the service refuses for good ends it.
//
// It imports the root and internal/wire.
package report
