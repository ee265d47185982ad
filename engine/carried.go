package engine

// carriers are the ranks of the entitlements that access profiles hold themselves, by number of profile, on either side of a diff.
type carriers struct{ now, was [][]int }

func (d *Diff) carriers() carriers {
	return carriers{d.held(d.program.plan), d.held(d.program.from)}
}

// held is nil where no policy is.
func (d *Diff) held(built *plan) [][]int {
	if built == nil {
		return nil
	}
	ranks := make([][]int, len(d.program.items.profiles))
	for i, number := range built.numbers.profiles {
		for _, e := range built.profiles[i].own {
			ranks[number] = append(ranks[number], built.entities.rank[e.entity])
		}
	}
	return ranks
}

// carried lists the ranks of the entitlements that change as an access profile that holds them does: both gained, both lost, or, of
// those that are not decided, the profile changes in any way. Who decides on the profile decides on them as well.
func (x carriers) carried(c *change) (ranks []int) {
	p := &c.profiles
	within := func(list []int, held ...map[int]bool) {
		for _, rank := range list {
			for _, h := range held {
				if h[rank] {
					ranks = append(ranks, rank)
					break
				}
			}
		}
	}
	if len(c.entities.gained) > 0 {
		within(c.entities.gained, ranksOf(x.now, p.gained))
	}
	if len(c.entities.lost) > 0 {
		within(c.entities.lost, ranksOf(x.was, p.lost))
	}
	if len(c.entities.maybe) > 0 {
		within(c.entities.maybe, ranksOf(x.now, p.gained, p.lost, p.maybe), ranksOf(x.was, p.gained, p.lost, p.maybe))
	}
	return ranks
}

// ranksOf is all that some profiles hold.
func ranksOf(held [][]int, profiles ...[]int) map[int]bool {
	ranks := make(map[int]bool)
	if held == nil {
		return ranks
	}
	for _, list := range profiles {
		for _, number := range list {
			for _, rank := range held[number] {
				ranks[rank] = true
			}
		}
	}
	return ranks
}
