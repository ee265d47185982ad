package loader

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lcmsim/lcmsim/engine"
)

// datasourceOf is the datasource that a file of the folder secondary is named by.
func datasourceOf(file string) string {
	base := filepath.Base(file)
	format, compression, err := splitExtensions(base)
	if err != nil {
		return base
	}
	return base[:len(base)-len(format)-len(compression)]
}

// SecondaryOf pairs the secondary sources of a policy with their files, in the order of the policy, and says what is
// missing on either side. What it gives can be joined as it is.
func (s *Snapshot) SecondaryOf(p *engine.Policy) ([]SecondaryFile, []engine.Finding) {
	return pairSecondary(s.Secondary, p, func(path string) string { return "secondary/" + filepath.Base(path) })
}

// pairSecondary pairs the sources of a policy with files. name is how findings call a file.
func pairSecondary(paths []string, p *engine.Policy, name func(path string) string) ([]SecondaryFile, []engine.Finding) {
	var files []SecondaryFile
	var found notes
	named := map[string]bool{}
	for _, source := range p.Secondary {
		ids := slices.Clone(source.DatasourceIDs)
		if len(ids) == 0 {
			found.add(nil, source.Path, engine.Finding{
				Severity: engine.SeverityWarning, Code: "source-missing", Position: source.Position,
				Message: "the secondary source names no datasource, so no file can be joined; attributes that only it has count as absent",
				Hint:    "export the policy again",
			})
		}
		for _, id := range ids {
			named[id] = true
			i := slices.IndexFunc(paths, func(path string) bool { return datasourceOf(path) == id })
			switch {
			case i < 0:
				found.add(nil, source.Path+"\x00"+id, engine.Finding{
					Severity: engine.SeverityWarning, Code: "source-missing", Position: source.Position,
					Message: fmt.Sprintf("the secondary source %q has no file in the folder secondary; attributes that only it has count as absent", abridge(id)),
					Hint: fmt.Sprintf("export it to secondary/%s.jsonl (%s), or remove it from the policy if the population has its attributes",
						abridge(id), strings.Join(populationFormats, " ")),
				})
			case !correlates(source):
				found.add(nil, source.Path, engine.Finding{
					Severity: engine.SeverityError, Code: "missing-correlation", Position: source.Position,
					Message: "the secondary source has no correlation attributes, so it is not joined; attributes that only it has count as absent",
					Hint:    "export the policy with correlation_attribute_names",
				})
			default:
				files = append(files, SecondaryFile{Path: paths[i], DatasourceID: id, Source: source})
			}
		}
	}
	for _, path := range paths {
		if !named[datasourceOf(path)] {
			found.add(nil, path, engine.Finding{
				Severity: engine.SeverityWarning, Code: "source-not-joined", Position: engine.Position{File: name(path)},
				Message: fmt.Sprintf("is no secondary source of policy %q, so it is not joined", abridge(p.Name)),
				Hint:    "name it by the datasource id of a secondary source of the policy, or remove it",
			})
		}
	}
	return files, found.findings()
}
