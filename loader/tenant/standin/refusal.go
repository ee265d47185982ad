package standin

import (
	"fmt"
	"net/http"
	"time"
)

// refusal is the documented shape of an error.
type refusal struct {
	Code      string       `json:"code"` // of gRPC
	Message   string       `json:"message"`
	RequestID string       `json:"request_id"`
	Timestamp string       `json:"timestamp"`
	Details   []badRequest `json:"details"`
}

// badRequest says what is wrong with a request.
type badRequest struct {
	Type       string      `json:"@type"`
	Violations []violation `json:"field_violations"`
}

type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

// codes of gRPC by status.
var codes = map[int]string{
	http.StatusBadRequest:          "InvalidArgument",
	http.StatusUnauthorized:        "Unauthenticated",
	http.StatusNotFound:            "NotFound",
	http.StatusMethodNotAllowed:    "Unimplemented",
	http.StatusTooManyRequests:     "ResourceExhausted",
	http.StatusInternalServerError: "Internal",
	http.StatusServiceUnavailable:  "Unavailable",
}

func (c *call) refuse(status int, message string, violations ...violation) response {
	r := refusal{
		Code: codes[status], Message: message, RequestID: uuid("request", c.number), Timestamp: c.at.UTC().Format(time.RFC3339Nano),
		Details: []badRequest{},
	}
	if len(violations) > 0 {
		r.Details = append(r.Details, badRequest{"type.googleapis.com/google.rpc.BadRequest", violations})
	}
	return c.answer(status, r)
}

// invalid refuses a field or parameter.
func (c *call) invalid(field, format string, args ...any) response {
	text := fmt.Sprintf(format, args...)
	return c.refuse(http.StatusBadRequest, "invalid "+field+": "+text, violation{field, text})
}

// answer is a value as JSON.
func (c *call) answer(status int, value any) response {
	data, err := appendJSON(nil, value)
	if err != nil { // a raw part of the snapshot that is no JSON
		return c.answer(http.StatusInternalServerError, refusal{
			Code: codes[http.StatusInternalServerError], Message: "the answer cannot be written", RequestID: uuid("request", c.number), Details: []badRequest{},
		})
	}
	return response{status: status, body: append(data, '\n')}
}
