package standin_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader/tenant/standin"
)

// Every fault, as a client sees it: on the second of three requests.
func TestFaults(t *testing.T) {
	const whole = 200
	for _, tc := range []struct {
		fault  string
		status int // of an answer that arrives; 0 = none
		check  func(t *testing.T, header http.Header, body string, err error)
	}{
		{standin.Fault429, 429, func(t *testing.T, header http.Header, body string, err error) {
			require.Equal(t, "3", header.Get("Retry-After"))
			require.Contains(t, body, `"code":"ResourceExhausted"`)
		}},
		{standin.Fault429Date, 429, func(t *testing.T, header http.Header, body string, err error) {
			require.Equal(t, "Tue, 01 Sep 2026 06:00:03 GMT", header.Get("Retry-After"))
		}},
		{standin.Fault429Bare, 429, func(t *testing.T, header http.Header, body string, err error) {
			require.NotContains(t, header, "Retry-After")
		}},
		{standin.Fault500, 500, func(t *testing.T, header http.Header, body string, err error) {
			require.Contains(t, body, `"code":"Internal"`)
			require.NotContains(t, body, standin.DefaultToken)
		}},
		{standin.Fault503, 503, func(t *testing.T, header http.Header, body string, err error) {
			require.Contains(t, body, `"code":"Unavailable"`)
		}},
		{standin.FaultEcho, 500, func(t *testing.T, header http.Header, body string, err error) {
			require.Contains(t, body, "Bearer "+standin.DefaultToken)
		}},
		{standin.FaultReset, 0, func(t *testing.T, header http.Header, body string, err error) { require.Error(t, err) }},
		{standin.FaultSlow, whole, func(t *testing.T, header http.Header, body string, err error) {
			require.NoError(t, err)
			require.True(t, json.Valid([]byte(body)))
		}},
		{standin.FaultTruncate, whole, func(t *testing.T, header http.Header, body string, err error) {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		}},
		{standin.FaultMalformed, whole, func(t *testing.T, header http.Header, body string, err error) {
			require.NoError(t, err)
			require.NotEmpty(t, body)
			require.False(t, json.Valid([]byte(body)))
			require.Equal(t, "application/json", header.Get("Content-Type"))
		}},
		{standin.FaultHTML, whole, func(t *testing.T, header http.Header, body string, err error) {
			require.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
			require.True(t, strings.HasPrefix(body, "<!DOCTYPE html>"))
		}},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			faults, err := standin.ParseFaults(tc.fault + "@2, retry-after=3s, delay=1ms")
			require.NoError(t, err)
			r := listen(t, standin.Options{Faults: faults})
			status, first := r.read("POST", runPath, `{}`)
			require.Equal(t, whole, status)

			response, err := r.sendOnce("POST", runPath, `{}`)
			var header http.Header
			var body []byte
			if err == nil {
				require.Equal(t, tc.status, response.StatusCode)
				header = response.Header
				body, err = io.ReadAll(response.Body)
				require.NoError(t, response.Body.Close())
			}
			tc.check(t, header, string(body), err)
			require.Eventually(t, func() bool { return r.Requests()[1].Fault == tc.fault }, 5*time.Second, time.Millisecond)
			require.Equal(t, tc.status, r.Requests()[1].Status)

			status, again := r.read("POST", runPath, `{}`)
			require.Equal(t, whole, status)
			require.Equal(t, first, again)
		})
	}
}

// sendOnce sends a request on a connection of its own, so that the client does not repeat it by itself.
func (r remote) sendOnce(method, path, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	request.Header.Set("Authorization", "Bearer "+standin.DefaultToken)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return client.Do(request)
}

func TestExpire(t *testing.T) {
	r := listen(t, standin.Options{Faults: standin.Faults{Expire: 2}})
	for i, want := range []int{200, 200, 401, 401} {
		status, _ := r.read("GET", private+"policies", "")
		require.Equal(t, want, status, i)
	}
}

func TestMissingEndpoints(t *testing.T) {
	faults, err := standin.ParseFaults("missing=access_profiles_types,missing=lifecycle_managers")
	require.NoError(t, err)
	r := listen(t, standin.Options{Faults: faults})
	for path, want := range map[string]int{
		private + "access_profiles_types": 404, "/api/v1/providers/datasources/lifecycle_managers": 404, private + "access_profiles": 200,
		private + "access_profiles:available_integrations": 200, private + "policies": 200,
	} {
		status, _ := r.read("GET", path, "")
		require.Equal(t, want, status, path)
	}
}

func TestLoopsAndDuplicatePages(t *testing.T) {
	all := [][]string{{"P0", "P1"}, {}, {"P2", "P3"}, {"P4"}}
	for _, tc := range []struct {
		faults string
		want   [][]string
	}{
		{"", all},
		{"duplicate@1", [][]string{all[0], all[0], {}, all[2], all[3]}},
		{"duplicate@4", append(all[:4:4], all[3])},
		{"duplicate=1", [][]string{all[0], all[0], {}, {}, all[2], all[2], all[3], all[3]}},
	} {
		faults, err := standin.ParseFaults(tc.faults)
		require.NoError(t, err)
		pages, last := listen(t, standin.Options{Snapshot: small(5), PageSize: 2, Faults: faults}).pages(private+"access_profiles", "")
		require.Equal(t, tc.want, pages, tc.faults)
		require.Equal(t, false, last["has_more"])
	}
	faults, err := standin.ParseFaults("loop@3")
	require.NoError(t, err)
	r := listen(t, standin.Options{Snapshot: small(5), PageSize: 2, Faults: faults})
	pages, last := r.pages(private+"access_profiles", "")
	require.Len(t, pages, 50, "it never ends")
	require.Equal(t, all[0], pages[3])
	require.Equal(t, all[0], pages[49])
	_, page := r.read("GET", private+"access_profiles?page_token="+last["next_page_token"].(string), "")
	require.Equal(t, last["next_page_token"], page["next_page_token"], "the token leads back to itself")

	// No page, no fault of pages.
	faults, err = standin.ParseFaults("loop=1,duplicate=1")
	require.NoError(t, err)
	r = listen(t, standin.Options{Faults: faults})
	status, _ := r.read("GET", private+"policies/pol", "")
	require.Equal(t, 200, status)
	require.Empty(t, r.Requests()[0].Fault)
}

// Which requests a fault strikes depends neither on who asks first nor on how many ask at once; another attempt draws anew.
func TestFaultsDependOnTheQuestion(t *testing.T) {
	faults, err := standin.ParseFaults("500=0.3")
	require.NoError(t, err)
	path := func(i int) string { return private + "policies/" + strconv.Itoa(i) }
	struck := func(seed uint64, ask func(tenant http.Handler, n int)) (hit [100]string) {
		tenant, err := standin.New(standin.Options{Snapshot: small(1), Faults: faults, Seed: seed})
		require.NoError(t, err)
		ask(tenant, len(hit))
		for _, r := range tenant.Requests() {
			i, err := strconv.Atoi(r.Path[len(private+"policies/"):])
			require.NoError(t, err)
			hit[i] += "(" + r.Fault + ")"
		}
		return hit
	}
	inOrder := func(tenant http.Handler, n int) {
		for i := range 2 * n {
			ask(t, tenant, "GET", path(i%n), "")
		}
	}
	want := struck(1, inOrder)
	require.Equal(t, want, struck(1, func(tenant http.Handler, n int) {
		var group sync.WaitGroup
		for i := range n {
			group.Go(func() {
				for range 2 {
					r := httptest.NewRequest("GET", path(n-1-i), nil)
					r.Header.Set("Authorization", "Bearer "+standin.DefaultToken)
					tenant.ServeHTTP(httptest.NewRecorder(), r)
				}
			})
		}
		group.Wait()
	}))
	require.NotEqual(t, want, struck(2, inOrder))
	kinds := map[string]int{}
	for _, hit := range want {
		kinds[hit]++
	}
	require.Len(t, kinds, 4, "both attempts, one or the other, none: %v", kinds)
	require.InDelta(t, 60, 2*kinds["(500)(500)"]+kinds["(500)()"]+kinds["()(500)"], 20)
}

func TestParseFaults(t *testing.T) {
	got, err := standin.ParseFaults("429=0.05, reset=1,500@3,500@7,expire=40,missing=identity,retry-after=2s,delay=300ms,")
	require.NoError(t, err)
	require.Equal(t, standin.Faults{
		Chance: map[string]float64{"429": 0.05, "reset": 1}, At: map[string][]int{"500": {3, 7}}, Expire: 40, Missing: []string{"identity"},
		RetryAfter: 2 * time.Second, Delay: 300 * time.Millisecond,
	}, got)
	for text, want := range map[string]string{
		"flood=1":          `there is no fault "flood"; choose 429, 429-date`,
		"429":              `429: cannot read ""`,
		"429=x":            `429=x: cannot read "x"`,
		"429=1.5":          "429=1.5: want a chance from 0 to 1",
		"429=NaN":          "429=NaN: want a chance from 0 to 1",
		"429@x":            "429@x: want the number of a request after @",
		"429@0":            "429@0: requests count from 1",
		"flood@1":          `there is no fault "flood"`,
		"expire=-1":        "expire=-1: want a number of requests",
		"missing=all":      "missing=all: there is no such endpoint; choose policies, policy",
		"retry-after=1.5s": "retry-after=1.5s: want whole seconds",
		"delay=-1s":        "delay=-1s: want a time",
		"delay=long":       `delay=long: cannot read "long"`,
	} {
		_, err := standin.ParseFaults(text)
		require.ErrorContains(t, err, want, text)
	}
}

// Latency ends with the client.
func TestLatency(t *testing.T) {
	r := listen(t, standin.Options{Latency: time.Hour})
	client := &http.Client{Timeout: 20 * time.Millisecond}
	_, err := client.Get(r.url + private + "policies")
	var timeout interface{ Timeout() bool }
	require.True(t, errors.As(err, &timeout) && timeout.Timeout(), err)
}

// The rules are those of the contract, with its values.
func TestRulesAreThoseOfTheContract(t *testing.T) {
	var names []string
	for _, info := range engine.RuleTable() {
		names = append(names, info.Name)
		for _, value := range append([]string{info.Default}, info.Others...) {
			_, err := standin.New(standin.Options{Snapshot: small(1), Rules: map[string]string{info.Name: value}})
			require.NoError(t, err)
		}
	}
	require.ElementsMatch(t, names, standin.RuleNames())
}
