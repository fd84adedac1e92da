package spec

import (
	"encoding/json"
	"strconv"
)

// appendJSON writes a tree as JSON, fields in their order.
func appendJSON(b []byte, n *node) []byte {
	switch n.kind {
	case truthNode:
		return strconv.AppendBool(b, n.truth)
	case numberNode:
		return append(b, n.text...)
	case textNode:
		return appendText(b, n.text)
	case listNode:
		b = append(b, '[')
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case mapNode:
		b = append(b, '{')
		for i, k := range n.keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, k.name), ':')
			b = appendJSON(b, n.items[i])
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

func appendText(b []byte, s string) []byte {
	data, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...)
	}
	return append(b, data...)
}
