package engine

import "slices"

// delta is what one kind of items does between two states; lists are ascending.
type delta struct {
	gained, lost, maybe, kept []int
	mayGain, mayLose          []int // those of maybe that may not have been there before, and that may not be there now
}

// certain tells whether something is certainly gained or lost.
func (d *delta) certain() bool { return len(d.gained)+len(d.lost) > 0 }

// itemCount counts identities by what becomes of one item.
type itemCount struct{ gained, lost, maybe, kept int }

// count adds n identities to the counts of the items.
func (d *delta) count(counts []itemCount, n int) {
	for _, i := range d.gained {
		counts[i].gained += n
	}
	for _, i := range d.lost {
		counts[i].lost += n
	}
	for _, i := range d.maybe {
		counts[i].maybe += n
	}
	for _, i := range d.kept {
		counts[i].kept += n
	}
}

// compareItems compares two pairs of sets. What is unknown on both sides for the same reasons is neither changed nor kept.
func compareItems(from, to bounds, fromWhy, toWhy map[int][]string) delta {
	var d delta
	f, t := from.high, to.high
	fLow, tLow := from.low, to.low
	has := func(low *[]int, x int) bool {
		for len(*low) > 0 && (*low)[0] < x {
			*low = (*low)[1:]
		}
		return len(*low) > 0 && (*low)[0] == x
	}
	for len(f) > 0 || len(t) > 0 {
		inFrom := len(f) > 0 && (len(t) == 0 || f[0] <= t[0])
		inTo := len(t) > 0 && (len(f) == 0 || t[0] <= f[0])
		var x int
		if inFrom {
			x, f = f[0], f[1:]
		}
		if inTo {
			x, t = t[0], t[1:]
		}
		sureFrom, sureTo := inFrom && has(&fLow, x), inTo && has(&tLow, x)
		switch {
		case sureFrom && sureTo:
			d.kept = append(d.kept, x)
		case sureTo && !inFrom:
			d.gained = append(d.gained, x)
		case sureFrom && !inTo:
			d.lost = append(d.lost, x)
		case inFrom && inTo && !sureFrom && !sureTo && slices.Equal(fromWhy[x], toWhy[x]):
		default:
			d.maybe = append(d.maybe, x)
			if inTo && !sureFrom {
				d.mayGain = append(d.mayGain, x)
			}
			if inFrom && !sureTo {
				d.mayLose = append(d.mayLose, x)
			}
		}
	}
	return d
}

// change is what becomes of an identity between two states.
type change struct {
	actions, profiles, entities delta
	unknown                     bool // an unknown truth value reaches it, on either side
}

func compareStates(from, to *state) change {
	fromWhy, toWhy := from.why(), to.why()
	return change{
		actions:  compareItems(from.actions, to.actions, fromWhy.actions, toWhy.actions),
		profiles: compareItems(from.profiles, to.profiles, fromWhy.profiles, toWhy.profiles),
		entities: compareItems(from.entities, to.entities, fromWhy.entities, toWhy.entities),
		unknown:  from.unknown || to.unknown,
	}
}

// truth tells whether something changes.
func (c *change) truth() truth {
	switch {
	case c.actions.certain() || c.profiles.certain() || c.entities.certain():
		return isTrue
	case len(c.actions.maybe)+len(c.profiles.maybe)+len(c.entities.maybe) > 0:
		return isUnknown
	}
	return isFalse
}

func (c *change) gains() bool {
	return len(c.actions.gained)+len(c.profiles.gained)+len(c.entities.gained) > 0
}

// gainTruth tells whether something is gained, whatever is lost.
func (c *change) gainTruth() truth {
	return max(c.actions.gainTruth(), c.profiles.gainTruth(), c.entities.gainTruth())
}

func (c *change) loses() bool {
	return len(c.actions.lost)+len(c.profiles.lost)+len(c.entities.lost) > 0
}

// gets tells whether the identity gains an action with the effect. An action of an unknown type may have it.
func (c *change) gets(list []actionItem, effect Effect) truth {
	t := isFalse
	for _, i := range c.actions.gained {
		switch {
		case list[i].effect == effect:
			return isTrue
		case list[i].unheardOf:
			t = isUnknown
		}
	}
	for _, i := range c.actions.mayGain {
		if list[i].effect == effect || list[i].unheardOf {
			t = isUnknown
		}
	}
	return t
}

// changed tells whether two states certainly differ, without listing how.
func changed(from, to *state) bool {
	return differs(from.actions, to.actions) || differs(from.profiles, to.profiles) || differs(from.entities, to.entities)
}

// removesMore tells whether to may remove others where from does not.
func removesMore(from, to *state) bool {
	fromWhy, toWhy := from.why().removal, to.why().removal
	return slices.ContainsFunc(to.removal.high, func(scope int) bool {
		_, surely := slices.BinarySearch(from.removal.low, scope)
		_, possibly := slices.BinarySearch(from.removal.high, scope)
		_, sure := slices.BinarySearch(to.removal.low, scope)
		return !surely && !(possibly && !sure && slices.Equal(fromWhy[scope], toWhy[scope]))
	})
}

// differs tells whether something is certainly in one of two pairs of sets and certainly not in the other.
func differs(from, to bounds) bool {
	return beyond(to.low, from.high) || beyond(from.low, to.high)
}

// beyond tells whether a has something that b has not; both ascending.
func beyond(a, b []int) bool {
	for _, x := range a {
		for len(b) > 0 && b[0] < x {
			b = b[1:]
		}
		if len(b) == 0 || b[0] != x {
			return true
		}
	}
	return false
}
