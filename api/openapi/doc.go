// Package openapi describes the routes as an OpenAPI 3.1 document. Document makes it of the table of routes
// (internal/wire), of the Go types that travel, by reflection, and of the tables here, which say what types
// cannot: what an operation is for, which bodies it takes and gives, and the ranges of parameters.
//
// It imports the root, internal/wire and the standard library.
package openapi
