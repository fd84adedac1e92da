// Package template puts a trial's values in the place of placeholders: ${parameters.lr}, ${trial.name},
// ${trial.number}, ${experiment.name}, ${experiment.namespace}; $${ is a literal ${. It works on the
// strings of a parsed document, never on the text of one, and it does no input or output.
//
// A Checker finds mistakes before anything runs; Values expand, for one trial: String, List for arguments,
// Tree for a parsed JSON document. It is a leaf: it imports the root package only.
package template
