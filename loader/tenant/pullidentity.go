package tenant

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/lcmsim/lcmsim/loader"
)

// identities fetches the identities that are wanted, as records in the order of their ids.
func (p *pull) identities(ctx context.Context) (people []loader.Record, err error) {
	ids := p.opt.IdentityIDs
	if len(ids) == 0 {
		return nil, nil
	}
	journal, err := OpenJournal(filepath.Join(p.partial.dir, "identities.journal"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	found := make([]*Identity, len(ids))
	failed := make([]error, len(ids))
	p.client.each(len(ids), func(done, _ int) { p.tell(done) }, func(i int) {
		known, _, err := p.client.identity(ctx, journal, ids[i])
		found[i], failed[i] = known.identity, err
	})
	var unknown, others []string
	for i, err := range failed {
		switch {
		case err == nil && found[i].ID != ids[i]:
			others = append(others, ids[i])
			found[i] = nil
		case isStatus(err, http.StatusNotFound):
			unknown = append(unknown, ids[i])
		case err != nil:
			return nil, err
		}
	}
	if len(unknown) == len(ids) {
		return nil, &notFound{fmt.Sprintf("the tenant knows none of the %d identities: give the tenant's own ids (the UUIDs of its Identities page), not entity ids", len(ids))}
	}
	if len(unknown) > 0 {
		p.warn("%s left out, because the tenant does not know them: %s", isAre(len(unknown), len(ids)), firstFew(unknown))
	}
	if len(others) > 0 {
		p.warn("%s left out, because the tenant answers with another identity: %s", isAre(len(others), len(ids)), firstFew(others))
	}
	return p.records(found), nil
}

// records are identities as a population holds them.
func (p *pull) records(found []*Identity) []loader.Record {
	var people []loader.Record
	var twice []string
	seen := map[string]bool{}
	for _, i := range found {
		if i == nil {
			continue
		}
		if seen[i.EntityID] {
			twice = append(twice, i.EntityID)
		}
		seen[i.EntityID] = true
		people = append(people, loader.Record{
			ID: i.ID, EntityID: i.EntityID, EntityType: i.EntityType, EntityName: i.EntityName, Attributes: i.Attributes,
		})
	}
	if len(twice) > 0 {
		p.warn("entity_ids that several identities have, as when these belong to several policies: %s", firstFew(twice))
	}
	return people
}

// isAre begins a sentence about some of the identities that are wanted.
func isAre(n, of int) string {
	if n == 1 {
		return fmt.Sprintf("1 of %d identities is", of)
	}
	return fmt.Sprintf("%d of %d identities are", n, of)
}

// firstFew lists the first texts.
func firstFew(texts []string) string {
	const most = 5
	var out []string
	for _, s := range texts[:min(most, len(texts))] {
		out = append(out, harmless(s, maxExcerpt))
	}
	if more := len(texts) - most; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, ", ")
}
