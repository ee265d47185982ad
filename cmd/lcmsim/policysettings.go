package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/report"
)

// policySettings is what a result depends on of a policy besides the version that is evaluated: whom it is about, where their
// attributes come from, and its safety limits. The digest is that of those settings, not that of the file at path, which may
// hold other policies and versions.
func policySettings(p *engine.Policy, path string) report.OtherInput {
	type source struct {
		EntityType         string
		DatasourceIDs      []string
		Correlation        []engine.Correlation
		OnlyEnrichExisting bool
	}
	settings := struct {
		EntityType                                string
		InitialComplete                           *bool
		LimitsGiven, LimitChange, LimitPredictive bool
		MaxPercent                                *string // exact
		MaxCount                                  *int64
		Secondary                                 []source
	}{
		EntityType: p.EntityType, InitialComplete: p.InitialComplete,
		LimitsGiven: p.Limits.Given, LimitChange: p.Limits.EnableChange, LimitPredictive: p.Limits.EnablePredictive, MaxCount: p.Limits.MaxCount,
	}
	if percent := p.Limits.MaxPercent; percent != nil {
		exact := percent.Of(100).RatString()
		settings.MaxPercent = &exact
	}
	for _, s := range p.Secondary {
		settings.Secondary = append(settings.Secondary, source{s.EntityType, s.DatasourceIDs, s.Correlation, s.OnlyEnrichExisting})
	}
	text, err := json.Marshal(settings)
	if err != nil {
		panic("lcmsim: settings of a policy do not marshal: " + err.Error()) // texts, numbers and booleans always do
	}
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	return report.OtherInput{Kind: "policy-settings", Path: path, SHA256: &digest}
}
