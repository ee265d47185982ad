package report

// CrosscheckNote is what a cross-check, made by another run, says about the reading of the policy that a result rests on.
type CrosscheckNote struct {
	Word       string   `json:"word"` // of its verdict
	Claim      string   `json:"claim"`
	Tenant     *string  `json:"tenant"` // host
	AsOf       string   `json:"as_of"`
	Version    *int     `json:"version"` // of the policy that was cross-checked
	Sampled    int      `json:"sampled"`
	Agree      int      `json:"agree"`
	Disagree   int      `json:"disagree"`
	Drifted    int      `json:"drifted"`
	NotChecked int      `json:"not_checked"`
	RunDigest  *string  `json:"run_digest"`
	Caveats    []string `json:"caveats"` // in what it is about something else than this result: sentences
}
