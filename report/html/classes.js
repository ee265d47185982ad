// The browser of behaviour classes. Everything that comes from the data becomes text, never markup.
(function () {
  "use strict";
  var source = document.getElementById("class-data");
  if (!source) return;
  var data = JSON.parse(source.textContent);
  var step = 25; // classes that are listed at a time
  var changing = "changing"; // the choice of all classes but the unchanged ones
  var search = document.getElementById("class-search"), status = document.getElementById("class-status"), tag = document.getElementById("class-tag");
  var table = document.getElementById("class-table"), more = document.getElementById("class-more"), count = document.getElementById("class-count");
  var body = table.tBodies[0], hasStatus = data.statuses.length > 0, columns = data.tags.length + (hasStatus ? 4 : 3);
  var things = data.things.map(function (t) { return (t.name + " " + t.detail).toLowerCase(); });
  var edits = data.edits.map(function (e) { return e.toLowerCase(); });
  var matching = [], listed = 0, open = new Set();

  function element(name, className, text) {
    var e = document.createElement(name);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  }
  function number(n) { return n.toLocaleString("en"); }
  function plural(n, one, many) { return number(n) + " " + (n === 1 ? one : many); }
  function tone(t) { return { Lost: "lost", Gained: "gained", Undecided: "maybe", Kept: "kept", Certain: "gained", Possible: "maybe" }[t] || "kept"; }
  function statusOf(c) { return data.statuses[c.status] || "other"; }
  function uses(c, t) { return c.uses[t].length + c.more[t]; }

  // find lists the classes that the tools ask for. A name that is searched must fare as the tag says, where one is chosen.
  function find() {
    var query = search.value.trim().toLowerCase(), asked = tag.value === "" ? -1 : Number(tag.value);
    var thing = query ? things.map(function (t) { return t.includes(query); }) : [];
    var edit = query ? edits.map(function (e) { return e.includes(query); }) : [];
    matching = data.classes.filter(function (c) {
      if (status.value === changing ? statusOf(c) === "unchanged" : status.value !== "" && statusOf(c) !== status.value) return false;
      if (asked >= 0 && uses(c, asked) === 0) return false;
      if (!query) return true;
      if (("class " + c.id) === query || c.exemplar.toLowerCase().includes(query)) return true;
      if (c.members.some(function (m) { return m.toLowerCase().includes(query); })) return true;
      if (c.edits.some(function (e) { return edit[e]; })) return true;
      return c.uses.some(function (list, t) { return (asked < 0 || asked === t) && list.some(function (u) { return thing[u]; }); });
    });
    body.textContent = "";
    listed = 0;
    list(step);
    var held = matching.reduce(function (n, c) { return n + c.size; }, 0);
    count.textContent = number(matching.length) + " of " + plural(data.classes.length, "class", "classes") + ", " + plural(held, "identity", "identities");
  }

  function list(n) {
    matching.slice(listed, listed + n).forEach(function (c) {
      var r = row(c);
      body.append(r);
      if (open.has(c.id)) toggle(c, r);
    });
    listed = Math.min(listed + n, matching.length);
    var rest = matching.length - listed;
    more.hidden = rest === 0;
    more.textContent = "Show " + number(Math.min(step, rest)) + " more of " + number(rest);
  }

  function row(c) {
    var r = element("tr"), head = element("th"), button = element("button", "open", "Class " + c.id);
    head.scope = "row";
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", "class-" + c.id);
    button.addEventListener("click", function () { toggle(c, r); });
    button.addEventListener("keydown", function (event) { moveFocus(event, button); });
    head.append(button);
    r.append(head, element("td", "n", number(c.size)));
    if (hasStatus) r.append(element("td", "", statusOf(c)));
    data.tags.forEach(function (t, i) { r.append(element("td", uses(c, i) ? "n" : "n z", number(uses(c, i)))); });
    r.append(element("td", "i", c.exemplar));
    return r;
  }

  // moveFocus moves along the classes with the arrow keys.
  function moveFocus(event, button) {
    var by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    var buttons = Array.from(body.querySelectorAll(".open")), to = buttons[buttons.indexOf(button) + by];
    if (!to) return;
    event.preventDefault();
    to.focus();
  }

  // toggle opens or closes the panel of a class below its row.
  function toggle(c, r) {
    var button = r.querySelector(".open"), next = r.nextElementSibling;
    if (button.getAttribute("aria-expanded") === "true") {
      button.setAttribute("aria-expanded", "false");
      open.delete(c.id);
      next.remove();
      return;
    }
    button.setAttribute("aria-expanded", "true");
    open.add(c.id);
    var detail = element("tr", "detail-row"), cell = element("td");
    detail.id = "class-" + c.id;
    cell.colSpan = columns;
    cell.append(panel(c));
    detail.append(cell);
    r.after(detail);
    detail.addEventListener("keydown", function (event) {
      if (event.key !== "Escape") return;
      toggle(c, r);
      button.focus();
    });
  }

  function panel(c) {
    var p = element("div", "panel"), others = c.members.filter(function (m) { return m !== c.exemplar; });
    var heading = "Class " + c.id + ": " + plural(c.size, "identity", "identities") + " like " + c.exemplar;
    p.append(element("h3", "", heading + (hasStatus ? ", " + statusOf(c) : "")));
    if (c.size > 1) {
      p.append(element("p", "members", "Members: " + [c.exemplar].concat(others).join(", ") + " (" + number(Math.min(others.length + 1, c.size)) + " of " + number(c.size) + ")"));
    }
    var box = element("div", "uses");
    data.tags.forEach(function (t, i) {
      if (uses(c, i) === 0) return;
      var group = element("div"), title = element("h4"), items = element("ul");
      title.append(element("span", "chip " + tone(t), t), number(uses(c, i)));
      c.uses[i].forEach(function (u) {
        var thing = data.things[u], item = element("li", "", (thing.kind ? thing.kind + " " : "") + thing.name);
        if (thing.detail && thing.detail !== thing.name) item.append(" ", element("span", "detail", thing.detail));
        items.append(item);
      });
      if (c.more[i]) items.append(element("li", "detail", "and " + number(c.more[i]) + " more, in the JSON result"));
      group.append(title, items);
      box.append(group);
    });
    p.append(box.children.length ? box : element("p", "", "Nothing concerns them."));
    if (c.edits.length) {
      p.append(element("h4", "", "Edits that alone change this class"));
      var explained = element("ul");
      c.edits.forEach(function (e) { explained.append(element("li", "", data.edits[e])); });
      p.append(explained);
    }
    var example = document.querySelector('.example[data-class="' + Number(c.id) + '"] .why');
    if (example) {
      p.append(element("h4", "", "Why, for " + c.exemplar));
      p.append(example.cloneNode(true));
    }
    var link = element("a", "", "Link to this class"), line = element("p");
    link.href = "#class-" + c.id;
    line.append(link);
    p.append(line);
    return p;
  }

  // show opens the class that the fragment of the address names.
  function show() {
    var match = /^#class-(\d+)$/.exec(location.hash);
    if (!match) return;
    var id = Number(match[1]), c = data.classes.find(function (c) { return c.id === id; });
    if (!c) return;
    if (!matching.includes(c)) {
      search.value = status.value = tag.value = "";
      find();
    }
    if (matching.indexOf(c) >= listed) list(matching.indexOf(c) + 1 - listed);
    var r = Array.from(body.querySelectorAll(".open")).find(function (b) { return b.getAttribute("aria-controls") === "class-" + id; }).closest("tr");
    if (!open.has(id)) toggle(c, r);
    r.scrollIntoView({ block: "start" });
    r.querySelector(".open").focus({ preventScroll: true });
  }

  function option(select, value, text) {
    var o = element("option", "", text);
    o.value = value;
    select.append(o);
  }

  var head = element("tr"), titles = [["Class", ""], ["Identities", "n"]].concat(hasStatus ? [["Status", ""]] : []);
  titles = titles.concat(data.tags.map(function (t) { return [t, "n"]; }), [["Exemplar", ""]]);
  titles.forEach(function (t) {
    var th = element("th", t[1], t[0]);
    th.scope = "col";
    head.append(th);
  });
  table.tHead.append(head);
  option(status, "", "any");
  var changed = data.classes.filter(function (c) { return statusOf(c) !== "unchanged"; }).length;
  if (hasStatus && changed > 0 && changed < data.classes.length) {
    option(status, changing, "all but unchanged (" + number(changed) + ")");
    status.value = changing;
  }
  data.statuses.concat("other").forEach(function (s) {
    var n = data.classes.filter(function (c) { return statusOf(c) === s; }).length;
    if (n) option(status, s, s + " (" + number(n) + ")");
  });
  status.parentElement.hidden = !hasStatus;
  option(tag, "", "anything");
  data.tags.forEach(function (t, i) {
    var n = data.classes.filter(function (c) { return uses(c, i) > 0; }).length;
    if (n) option(tag, i, t + " (" + plural(n, "class", "classes") + ")");
  });
  search.addEventListener("input", find);
  status.addEventListener("change", find);
  tag.addEventListener("change", find);
  more.addEventListener("click", function () { list(step); });
  addEventListener("hashchange", show);
  document.getElementById("class-browser").hidden = false;
  document.getElementById("class-largest").hidden = true;
  find();
  show();
})();
