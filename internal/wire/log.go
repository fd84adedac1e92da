package wire

// LogStart is the header of the answer with a log: the place in its stream of the first byte.
const LogStart = "Hone-Log-Start"
