package standin

import (
	"errors"
	"flag"
	"strings"
)

// AddFlags adds a flag for each of the options, but for those that are no texts. What the options hold is the default.
func (o *Options) AddFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.Dir, "snapshot", o.Dir, "snapshot `directory` to serve")
	flags.StringVar(&o.Token, "token", DefaultToken, "API key that clients must send")
	flags.IntVar(&o.PageSize, "page-size", 0, "most values on a page, at most 100 (default 100)")
	flags.BoolVar(&o.Old, "old", false, "refuse the request field skip_disabled_workflows, as a tenant does that is older than it")
	flags.Uint64Var(&o.Seed, "seed", 0, "seed of the faults")
	flags.DurationVar(&o.Latency, "latency", 0, "time before each answer")
	flags.StringVar((*string)(&o.Shape), "shape", string(Schema), "shape of job requests: schema or example")
	flags.StringVar((*string)(&o.Profiles), "profiles", string(Direct), "access profiles that a dry run lists: direct or inherited")
	flags.Func("rule", "a rule of the contract that the tenant follows, as `name=value`; repeatable", func(text string) error {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("want name=value")
		}
		if o.Rules == nil {
			o.Rules = make(map[string]string)
		}
		o.Rules[name] = value
		return nil
	})
	flags.Func("faults", "what goes wrong, such as 429=0.05,reset=0.02,500@3,expire=40,missing=access_profiles_types", func(text string) (err error) {
		o.Faults, err = ParseFaults(text)
		return err
	})
}
