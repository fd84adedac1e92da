// Command images builds Hone's container images without Docker: it compiles static binaries, packs each with what it
// needs into layers from scratch, and writes them to a folder or pushes them to a registry.
//
//	make images                                   # from the root, into dist/images
//	make images REGISTRY=registry.example PUSH=1
//
// The same sources give the same digests: files have fixed owners, modes and times, and the root certificates come
// from a Go module and not from the machine. Start reading at recipe.go, which lists the images.
//
// It is a module of its own, since nothing of Hone needs what it imports (docs/adr/0010-images-without-docker.md).
package main
