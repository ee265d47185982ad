package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/loader"
	"github.com/lcmsim/lcmsim/report"
	"github.com/lcmsim/lcmsim/scimeval"
)

// configOf reads text as lcmsim.yaml of a snapshot that has nothing else to say.
func configOf(t require.TestingT, dir, text string) loader.Config {
	for name, content := range map[string]string{
		"policies.json":    `{"values":[{"id":"p","name":"P","state":"RUNNING","current_version":{"version_number":1,"state":"PUBLISHED","config":{"workflows":[]}}}]}`,
		"identities.jsonl": `{"entity_id":"a"}` + "\n",
		"lcmsim.yaml":      text,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	snap, err := loader.OpenSnapshot(loader.Paths{Dir: dir}, loader.Options{Strict: true})
	require.NoError(t, err, text)
	return snap.Config
}

// What a calibration writes for lcmsim.yaml is read back as exactly the confirmed rules, and in force gives the tenant's.
func TestRulesYAMLIsReadBack(t *testing.T) {
	dir := t.TempDir()
	text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("a\\\"':,#-{}[]\n\r\t\x00\x7f\u0085\u2028\ufeff\ufffe王👍"))))
	rapid.Check(t, func(t *rapid.T) {
		r := &engine.CalibrationResult{Profiles: engine.ProfilesEither}
		want := map[string]string{}
		for _, info := range engine.RuleTable() {
			values := append([]string{info.Default}, info.Others...)
			v := engine.RuleVerdict{Rule: info.Name, Default: info.Default, Alternative: info.Others[0], InForce: info.Default, Because: text.Draw(t, "because")}
			switch rapid.IntRange(0, 3).Draw(t, "verdict") {
			case 0:
				v.Verdict = engine.Undecidable
			case 1:
				v.Verdict = engine.Contradictory
			default:
				value := rapid.SampledFrom(values).Draw(t, "value")
				v.Verdict, v.Value, want[info.Name] = engine.ConfirmedAlternative, &value, value
			}
			r.Rules = append(r.Rules, v)
		}
		d := report.NewCalibration(report.CalibrationInput{
			Rules: engine.DefaultRules(scimeval.Vendor), Policy: &engine.Policy{}, Version: &engine.Version{}, Result: r, Tenant: text.Draw(t, "tenant"),
		})
		got := map[string]string{}
		rules := engine.DefaultRules(scimeval.Vendor)
		for _, setting := range configOf(t, dir, d.RulesYAML).Rules {
			got[setting.Name] = setting.Value
			var err error
			rules, err = rules.With(setting.Name, setting.Value)
			require.NoError(t, err)
		}
		require.Equal(t, want, got)
		for name, value := range want {
			require.Equal(t, value, rules.Get(name))
		}
		require.Equal(t, 1, strings.Count("\n"+d.RulesYAML, "\nrules:"))
	})
}
