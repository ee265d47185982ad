package loader

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// WriteManifest writes manifest.json of a snapshot directory, with the digests of all files that are in it now.
func WriteManifest(dir string, m Manifest) error {
	digests := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		digests[filepath.ToSlash(name)], err = FileDigest(path)
		return err
	})
	if err != nil {
		return fmt.Errorf("manifest.json: %w", err)
	}
	delete(digests, "manifest.json")
	text, err := json.MarshalIndent(struct {
		Tenant      string            `json:"tenant"`
		TakenAt     string            `json:"taken_at"`
		ToolVersion string            `json:"tool_version"`
		SHA256      map[string]string `json:"sha256"`
	}{m.Tenant, m.TakenAt.UTC().Format(time.RFC3339), m.ToolVersion, digests}, "", "  ")
	if err != nil {
		return fmt.Errorf("manifest.json: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "manifest.json"), append(text, '\n'), 0o666)
}
