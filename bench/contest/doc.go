// Package contest measures search algorithms: Hone's own, and those of other projects, which answer over a
// pipe. Play plays one run of one contestant on one problem, Run plays a whole plan of them and keeps what
// they did in a file, and a Board turns what is in such files into figures: normalized regret, ranks with
// confidence intervals, duels, efficiency and time. bench/cmd/contest is the program around it.
//
// It is part of bench, and so it may wire rooms: it imports the root, algorithms, suggest and bench/problems.
package contest
