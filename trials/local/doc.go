// Package local runs trials as processes of this machine. Its entry points are New, the hone.Runner that a
// controller uses, and Supervise, the main loop of the process that starts the trials, watches them and
// outlives the controller.
//
// # The two processes
//
// There is at most one supervisor for a data directory: it holds the lock on supervisor.lock and listens on
// supervisor.sock. The runner starts one when it needs it, in a session of its own, without any descriptor of
// its caller; it leaves as soon as nothing runs and nobody is connected. The runner comes and goes as it
// likes: what runs goes on, and timeouts are kept by the supervisor.
//
// Between the two go frames of JSON, with the strings of argv and environment as raw bytes behind it
// (wire.go). The first frame of each side says the version of the protocol.
//
// # What is on disk
//
// Each attempt has a folder, .hone/<attempt> in the trial's, with stdout, stderr and the record (record.go):
// an intent, written before anything is started; the process, once it lives; the exit, before it is
// reported. An attempt with an intent but no exit of which no supervisor knows has been lost: what is left of
// it is found and killed, and Wait says Lost. Nothing is synced to disk on the way, because the store has the
// truth already: after a power loss an attempt without a whole record is Lost, which is true. One that
// ended while no controller was there is synced, so that a night's work survives.
//
// # No process is left, and no innocent one is killed
//
// A trial leads a session and process group of its own. Signals go to the group while its leader is ours
// and not reaped, so the number cannot have been taken by another. On Linux the supervisor is also the
// subreaper: a child that left the group becomes the supervisor's and is told by HONE_TRIAL_DIR and
// HONE_ATTEMPT in its environment. If the supervisor itself is killed, Linux kills the leaders with it; the
// next supervisor looks for processes with these marks and kills those whose attempt is recorded as begun and
// not ended. On macOS a leader is told by its start time, and neither children that left the group nor those
// whose leader has gone can be told; they are left alone.
//
// It imports the root, trials and internal/{tail,unixsock}.
package local
