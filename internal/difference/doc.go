// Package difference says in which places two experiments differ, for whoever goes on with one that is there
// already. It imports the root.
package difference
