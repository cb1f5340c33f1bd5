package prometheus

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// What is no number. The texts do not say how many elements there are, so that they stay the same.
var (
	errNoData   = errors.New("the query gives no data")
	errSeveral  = errors.New("the query gives several elements: legal is one, as by sum(...)")
	errNoSample = errors.New("the query gives an element that is not a number, such as a histogram")
)

// messageMost bounds what is quoted of a server's message.
const messageMost = 256

// page is what is read of an answer.
type page struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	} `json:"data"`
}

// element is one of an instant vector.
type element struct {
	Value sample `json:"value"`
}

// sample is a moment and a value, which is a text because JSON has no NaN.
type sample []json.RawMessage

// parse says whether a body is an answer of the API, be it an error.
func parse(body []byte) (*page, bool) {
	p := &page{}
	err := json.Unmarshal(body, p)
	return p, err == nil && (p.Status == "success" && p.Data.Type != "" || p.Status == "error")
}

// value gives the one number of the answer.
func (p *page) value() (float64, error) {
	switch {
	case p.Status == "error":
		return 0, fmt.Errorf("the query is refused: %.*s", messageMost, p.Error)
	case p.Data.Type == "scalar":
		var s sample
		if json.Unmarshal(p.Data.Result, &s) != nil {
			return 0, errNoSample
		}
		return s.number()
	case p.Data.Type == "vector":
		return one(p.Data.Result)
	}
	return 0, fmt.Errorf("the query gives a %.*s: legal is an instant vector of one element, or a scalar", messageMost, p.Data.Type)
}

func one(result json.RawMessage) (float64, error) {
	var elements []element
	if json.Unmarshal(result, &elements) != nil {
		return 0, errNoSample
	}
	switch len(elements) {
	case 0:
		return 0, errNoData
	case 1:
		return elements[0].Value.number()
	}
	return 0, errSeveral
}

func (s sample) number() (float64, error) {
	var text string
	if len(s) != 2 || json.Unmarshal(s[1], &text) != nil {
		return 0, errNoSample
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errNoSample
	}
	return n, nil
}
