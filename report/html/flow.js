// Follows a box of the flow picture both ways, while it is pointed at or has the focus.
(function () {
  "use strict";
  document.querySelectorAll("svg.flows").forEach(function (svg) {
    var nodes = Array.prototype.slice.call(svg.querySelectorAll(".node"));
    var ribbons = Array.prototype.map.call(svg.querySelectorAll(".ribbon"), function (g) {
      return { g: g, from: g.getAttribute("data-from"), to: g.getAttribute("data-to") };
    });

    function clear() {
      svg.classList.remove("following");
      svg.querySelectorAll(".on").forEach(function (e) { e.classList.remove("on"); });
    }

    // walk lights all ribbons that can be reached from the node: down the stream when near is "from".
    function walk(start, near, far, reached) {
      var queue = [start], seen = {};
      seen[start] = true;
      while (queue.length > 0) {
        var at = queue.pop();
        reached[at] = true;
        ribbons.forEach(function (r) {
          if (r[near] !== at) return;
          r.g.classList.add("on");
          if (!seen[r[far]]) {
            seen[r[far]] = true;
            queue.push(r[far]);
          }
        });
      }
    }

    function follow(node) {
      clear();
      var start = node.getAttribute("data-node"), reached = {};
      walk(start, "from", "to", reached);
      walk(start, "to", "from", reached);
      nodes.forEach(function (n) { n.classList.toggle("on", reached[n.getAttribute("data-node")] === true); });
      svg.classList.add("following");
    }

    function focused() {
      return nodes.indexOf(document.activeElement) >= 0 ? document.activeElement : null;
    }

    nodes.forEach(function (n) {
      n.addEventListener("mouseenter", function () { follow(n); });
      n.addEventListener("mouseleave", function () { if (focused()) follow(focused()); else clear(); });
      n.addEventListener("focus", function () { follow(n); });
      n.addEventListener("blur", clear);
    });
    document.addEventListener("keydown", function (e) { if (e.key === "Escape") clear(); });
  });
})();
