package loader

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lcmsim/lcmsim/engine"
)

// Manifest is manifest.json: where a snapshot comes from.
type Manifest struct {
	Tenant      string
	TakenAt     time.Time // zero = not given
	ToolVersion string
}

var manifestShape = shapeOf(
	each(wantText, "tenant", "taken_at", "tool_version"),
	each(wantMap, "sha256"),
)

// readManifest reads manifest.json of dir and compares the digests that it lists of files that are read. A digest is
// the SHA-256 of a file's bytes in hex, by the file's path inside the snapshot.
func (s *source) readManifest(root *node, dir string, read func(name string) bool) Manifest {
	s.fit(root, manifestShape)
	m := Manifest{Tenant: root.str("tenant"), ToolVersion: root.str("tool_version")}
	if v := root.get("taken_at"); v != nil && v.kind == nodeString {
		at, err := time.Parse(time.RFC3339, v.text)
		if err != nil {
			s.fail(v, "write it like 2026-01-31T09:00:00Z", "%q is no RFC 3339 time", abridge(v.text))
		}
		m.TakenAt = at
	}
	digests := root.object("sha256")
	if digests == nil {
		return m
	}
	listed := slices.Clone(digests.members)
	slices.SortFunc(listed, func(a, b member) int { return strings.Compare(a.name, b.name) })
	for _, entry := range listed {
		if read(entry.name) {
			s.compareDigest(dir, entry.name, entry.value)
		}
	}
	return m
}

func (s *source) compareDigest(dir, name string, n *node) {
	if n.kind != nodeString {
		return
	}
	want, err := hex.DecodeString(n.text)
	if err != nil || len(want) != sha256.Size {
		s.fail(n, "", "is no SHA-256 in hex: 64 digits 0-9 a-f")
		return
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		s.fail(n, "list files by their path inside the snapshot", "names a file outside of the snapshot")
		return
	}
	got, err := FileDigest(filepath.Join(dir, filepath.FromSlash(name)))
	message := fmt.Sprintf("%s is not the file that was exported: its SHA-256 is %s", abridge(name), got)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		message = fmt.Sprintf("%s is listed but missing", abridge(name))
	case err != nil:
		s.fail(n, "", "%s cannot be read: %v", abridge(name), cause(err))
		return
	case got == hex.EncodeToString(want):
		return
	}
	s.warn(n, engine.SeverityError, "digest-mismatch", name, message, "take the snapshot again, or remove the entry if the change is meant")
}

// bytesDigest is the SHA-256 of bytes, in hex.
func bytesDigest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// FileDigest is the SHA-256 of a file's bytes, in hex.
func FileDigest(path string) (string, error) {
	f, err := openRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// openRegular opens a file that is no directory, device or pipe.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a directory, want a file")
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is no regular file")
	}
	return os.Open(path)
}

// cause is an error without the operation and path that the os package puts before it.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
