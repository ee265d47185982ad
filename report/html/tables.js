// Tables that sort and search, the current section in the navigation, and details that print open.
(function () {
  "use strict";
  var collator = new Intl.Collator("en", { numeric: true });
  var longTable = 12; // rows; a longer table can be searched

  function element(name, className, text) {
    var e = document.createElement(name);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  }

  // compareCells orders two cells of a column: empty ones last, whatever the direction.
  function compareCells(a, b, number, sign) {
    var x = a.dataset.value || a.textContent, y = b.dataset.value || b.textContent;
    if (x === "" || y === "") return (x === "") - (y === "");
    if (number) return sign * (Number(x.replace(/,/g, "")) - Number(y.replace(/,/g, "")));
    return sign * collator.compare(x, y);
  }

  function sortable(table) {
    var body = table.tBodies[0], heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var number = head.classList.contains("n");
      var button = element("button", "", head.textContent);
      button.type = "button";
      head.textContent = "";
      head.append(button);
      button.addEventListener("click", function () {
        var now = head.getAttribute("aria-sort"), next = number ? "descending" : "ascending";
        if (now) next = now === "ascending" ? "descending" : "ascending";
        heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", next);
        var sign = next === "ascending" ? 1 : -1;
        var rows = Array.from(body.rows);
        rows.sort(function (a, b) { return compareCells(a.cells[column], b.cells[column], number, sign); });
        body.append.apply(body, rows);
      });
    });
  }

  function searchable(box, table, index) {
    var rows = Array.from(table.tBodies[0].rows);
    if (rows.length <= longTable) return;
    var texts = rows.map(function (r) { return r.textContent.toLowerCase(); });
    var tools = element("div", "tools"), label = element("label", "", "Search this table "), input = element("input"), count = element("p");
    input.type = "search";
    input.id = label.htmlFor = "table-search-" + index;
    input.autocomplete = "off";
    count.setAttribute("role", "status");
    var field = element("div");
    field.append(label, input);
    tools.append(field, count);
    box.before(tools);
    input.addEventListener("input", function () {
      var words = input.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
      rows.forEach(function (row, i) {
        row.hidden = !words.every(function (w) { return texts[i].includes(w); });
        if (!row.hidden) shown++;
      });
      count.textContent = words.length ? shown.toLocaleString("en") + " of " + rows.length.toLocaleString("en") + " rows match" : "";
    });
  }

  document.querySelectorAll("main > section > .scroll").forEach(function (box, index) {
    var table = box.querySelector("table");
    sortable(table);
    searchable(box, table, index);
  });

  var links = new Map();
  document.querySelectorAll("nav a").forEach(function (a) { links.set(a.hash.slice(1), a); });
  var seen = new Set();
  var observer = new IntersectionObserver(function (entries) {
    entries.forEach(function (e) { seen[e.isIntersecting ? "add" : "delete"](e.target.id); });
    var current = Array.from(links.keys()).find(function (id) { return seen.has(id); });
    links.forEach(function (a, id) {
      if (id === current) a.setAttribute("aria-current", "true");
      else a.removeAttribute("aria-current");
    });
  }, { rootMargin: "-60px 0px -60% 0px" });
  links.forEach(function (a, id) { observer.observe(document.getElementById(id)); });

  var opened = [];
  addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (d) { d.open = true; });
  });
  addEventListener("afterprint", function () { opened.forEach(function (d) { d.open = false; }); });
})();
