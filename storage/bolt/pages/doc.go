// Package pages reads the pages of a bbolt file without bbolt, to find out whether they are whole. bbolt maps
// a file and believes what stands in it: a damaged page can end the process. This package reads pages one by
// one, believes nothing, and goes on behind what is damaged. New is its entry point.
//
// It knows how bbolt lays a page out, without gaps, so that a flipped byte in a page that is used is either
// noticed here, or lies in a key or value, for the owner of the content to notice.
//
// It imports the standard library only.
package pages
