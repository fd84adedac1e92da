// Package cmaes adapts a normal distribution to the best results, generation by generation: CMA-ES with active
// updates, with a margin for discrete parameters, a distribution over categories, and restarts. New is its entry
// point. docs/algorithms.md says where the formulas are from.
//
// A suggestion follows from the request alone, though the strategy has a state and trials end in any order:
//
//   - The state is a fold over the history (replay.go). It changes when a generation closes, and not by who asks
//     or how often. It is kept between requests, by the history's ID and length, to save time.
//   - Every suggestion is an independent draw from the present distribution. Its randomness is a stream of the
//     seed and its trial's number, so that there are no places in a generation to be given out, and any number
//     of trials may run at once.
//   - Its label, cmaes: start/run/generation/draw, says which distribution it was drawn from and which draw of
//     its stream was the first one that was free and satisfied the constraints. From that and the number, the
//     fold draws it again, with the coordinates that its values do not show: those inside the interval of a
//     discrete value, beyond the border of the space, or of an inactive parameter. A coordinate that does not
//     lead to the trial's value is not believed, and replaced by one that does.
//   - A generation closes when as many members as its population has have ended. Failed trials count, and rank
//     last. Members that were drawn from an earlier generation of the same run count for the one in which they
//     end, by the step that they were when they were drawn, of bounded length.
//   - Trials of others (enqueued, imported, of another algorithm) are guests: the best of them, up to a quarter of a
//     population, join the next generation that closes, as steps of bounded length, and further ones as long as
//     they are better than all members. Those that stand in front of the history before the first suggestion are what the first distribution is made of, if they are
//     enough; start in the label says how many those were.
//   - Trials of a run that has ended are not looked at any more when they end late.
//   - When a trial leaves the history, for a retry, later generations would begin elsewhere. The labels tell where
//     they did: a member of a later generation closes the one before.
//
// It imports the root, internal/points and gonum.
package cmaes
