// Package collector turns what a trial writes into measurements. Its entry point is New, the
// hone.Collector that a controller uses.
//
// The formats (text.go, json.go, pattern.go) are pure: the bytes of one line go in, what the line says
// comes out. A reader joins a line with those before it, for the step that they set. A follower reads a
// growing file line by line in bounded memory, keeps the cursor, and hands over batches. Two more sources have
// parsers of their own: events.go follows event files (tfevents), scrape.go asks an endpoint (promtext). Only when a trial has
// failed, Look reads the end of its output and names the usual cause.
//
// In a pod, wrap starts the program and copies what it prints, and report sends the readings to the service.
//
// It imports the root and its own children only.
package collector
