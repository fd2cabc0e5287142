// What is known of the chosen concept or mapping, in words: evidence with its quotes, the sum of the belief, links out.

/** acts: {choose(item), expand(concept), start(concepts), copy()} */
function details(item, acts) {
  const body = !item ? welcome() : isMapping(item) ? mappingDetails(item, acts) : conceptDetails(item, acts);
  const place = byId("details");
  // The button that was pressed goes with the rest: whoever works by keyboard goes on from here, and not from the top of the page.
  const here = place.contains(document.activeElement);
  place.replaceChildren(...body.flat().filter(Boolean));
  place.scrollTop = 0;
  if (here) place.focus();
}

function welcome() {
  const quoted = mappings.flatMap(({ evidence }) => evidence).filter(({ quotes }) => quotes).length;
  const all = mappings.flatMap(({ evidence }) => evidence).length;
  return [
    element("h2", {}, "From biology to machine learning"),
    element("p", {}, `${count(mappings.length, "mapping")} from a biological mechanism to a technique, stated by ${count(papers.filter(({ source }) => source !== "race").length, "paper")}.`),
    element("h3", {}, "How to read the map"),
    element("dl", {},
      [["function", "What both sides do, in words free of either field"], ["mechanism", "Circles, green: biology"],
        ["technique", "Squares, blue: computing"], ["family", "Rings: families of either"]].map(([kind, words]) =>
        [element("dt", {}, sign(kind)), element("dd", {}, words)])),
    element("h3", {}, "How to use it"),
    element("p", {}, "Click to see the evidence. Double-click, or Expand, to see what maps to what around it. Drag and scroll to move. "
      + "The address of this page keeps what you see, so it can be sent to a colleague."),
    element("h3", {}, "Where it comes from"),
    element("p", {}, [`${count(all, "statement")}: ${quoted.toLocaleString("en")} with the words of the paper`,
      all > quoted && `, ${(all - quoted).toLocaleString("en")} by reference, that is, paper and place, since their text is not held here`, "."]),
    leftOut.mappings > 0 && element("p", {}, `Left out of this page: ${count(leftOut.mappings, "mapping")} of belief ${leftOut.least.toFixed(2)} or less.`),
  ];
}

const head = (kind, words, acts) =>
  element("p", { class: "kind" }, kind && sign(kind), words, button("Copy link", acts.copy, { class: "plain", title: "Copy the address of this view" }));

function conceptDetails(concept, { choose, expand, start, copy }) {
  const { kind, domain, family, aliases = [], definition, functions, see = [], members } = concept;
  const words = [kind, kind === "function" ? null : domain, concept.proposed && "proposed"].filter(Boolean).join(" · ");
  const tag = (other) => button(named(other.title, 80), () => choose(other), { class: `tag ${other.kind}` });
  return [
    head(kind, words, { copy }),
    element("h2", {}, named(concept.title, 12000)),
    definition && element("p", { class: "long" }, named(definition, 12000)),
    aliases.length > 0 && element("p", { class: "long" }, element("small", {}, "Also: ", aliases.map((alias, at) => [at ? ", " : "", named(alias, 200)]))),
    element("div", { class: "acts" },
      button("Expand on the map", () => expand(concept), { class: "plain", id: "expand" }),
      button("Only this", () => start([concept]), { class: "plain", title: "Start a new neighbourhood from here" })),
    family && [element("h3", {}, "Family"), element("div", { class: "tags" }, tag(family))],
    functions.length > 0 && [element("h3", {}, "What it does"), element("div", { class: "tags" }, functions.map(tag))],
    see.length > 0 && [element("h3", {}, "Elsewhere"), element("p", {}, see.map(([name, address], at) => [at ? ", " : "", address ? link(address, name) : named(name, 100)]))],
    members.length > 0 && [element("h3", {}, `Members (${members.length})`), element("div", { class: "tags" }, members.slice(0, 40).map(tag),
      members.length > 40 && element("span", { class: "more" }, `and ${members.length - 40} more`))],
    element("h3", {}, `Mappings (${concept.mappings.length})`),
    concept.mappings.length ? mappingList(concept.mappings, choose, concept) : element("p", {}, "None is known here."),
  ];
}

/** A list of mappings, the first fifty at once and the rest when asked. */
function mappingList(some, choose, beside) {
  const list = element("ul", {});
  const more = (from) => {
    list.append(...some.slice(from, from + 50).map((mapping) => element("li", {}, mappingItem(mapping, choose, beside))));
    if (some.length > from + 50) {
      const next = element("li", {}, button(`${some.length - from - 50} more`, () => {
        next.remove();
        more(from + 50);
      }, { class: "item more" }));
      list.append(next);
    }
  };
  more(0);
  return list;
}

function mappingItem(mapping, choose, beside) {
  const other = beside === mapping.mechanism ? mapping.technique : beside === mapping.technique ? mapping.mechanism : null;
  const words = other ? [sign(other.kind), element("span", { class: "what" }, other === mapping.technique ? `${RELATION_WORDS[mapping.relation]} ` : "", named(other.title, 120))]
    : [element("span", { class: `line ${mapping.relation}`, "aria-hidden": "true" }),
      element("span", { class: "what" }, named(mapping.mechanism.title, 90), element("span", { class: "unseen" }, ` ${RELATION_WORDS[mapping.relation]} `), " → ", named(mapping.technique.title, 90))];
  return element("button", { type: "button", class: "item", "data-key": mapping.key, on: { click: () => choose(mapping) } }, words,
    element("span", { class: "much" }, held(mapping.belief)));
}

function mappingDetails(mapping, { choose, start, copy }) {
  const end = (concept) => element("button", { type: "button", class: `end ${concept.kind}`, on: { click: () => choose(concept) } },
    named(concept.title, 12000), element("small", {}, [concept.kind, concept.domain, concept.family?.name].filter(Boolean).map((word) => plain(word, 80)).join(" · ")));
  return [
    head(null, `Mapping ${mapping.key}`, { copy }),
    element("h2", { class: "unseen" }, plain(called(mapping), 300)),
    end(mapping.mechanism),
    element("p", { class: "relation" }, element("span", { class: `line ${mapping.relation}`, "aria-hidden": "true" }), RELATION_WORDS[mapping.relation]),
    end(mapping.technique),
    element("div", { class: "acts" }, button("Show on the map", () => start(ends(mapping)), { class: "plain" })),
    mapping.functions.length > 0 && [element("h3", {}, "What both do"),
      element("div", { class: "tags" }, mapping.functions.map((one) => button(named(one.title, 80), () => choose(one), { class: "tag function" })))],
    element("h3", {}, "Belief"),
    element("p", {}, held(mapping.belief), " ", plain(mapping.inWords ?? "", 200)),
    element("details", {}, element("summary", {}, "The sum"),
      element("ul", { class: "sum" }, (mapping.sum ?? []).map((term) => element("li", {}, named(term, 300)))),
      element("p", { class: "sum" }, "belief = (1 − doubt) × trust, both from 1")),
    mapping.pairs && [element("h3", {}, "Same role on both sides"),
      element("table", { class: "pairs" }, element("tbody", {}, mapping.pairs.map((pair) => element("tr", {}, pair.map((role) => element("td", {}, named(role, 300)))))))],
    element("h3", {}, `Evidence (${mapping.evidence.length})`),
    mapping.evidence.map((one) => proof(one, rejected(one, mapping))),
  ];
}

/** Whether a curator rejected what was read in this paper: that says nothing against the mapping itself. */
const rejected = ({ paper }, { evidence }) => {
  const words = evidence.filter((one) => one.by === "curator" && one.paper === paper);
  return words.length > 0 && words.every(({ against }) => against);
};

function proof({ paper, quotes = [], state, place, by, score = 0, against, hedged }, gone) {
  const missing = state === "mismatch" ? "The text held is not the text that was read, so it is not quoted." : "By reference: the text is not held here.";
  const facts = [paper.year, paper.authors, paper.venue].filter(Boolean).map((fact) => plain(fact, 120));
  const reading = [place, `read by ${by || "nobody known"}`, `score ${score.toFixed(2)}`, hedged && "hedged", gone ? "rejected by a curator" : against && "speaks against it"].filter(Boolean);
  return element("article", { class: against || gone ? "proof against" : "proof" },
    quotes.map((passage) => element("blockquote", { dir: "auto" }, "“",
      passage.map(([words, role]) => (role ? element("mark", { class: role, title: role }, shownWords(words)) : shownWords(words))), "”")),
    paper.url ? link(paper.url, paper.title) : named(paper.title, 600),
    element("small", {}, facts.join(" · ")),
    !quotes.length && element("small", {}, missing),
    element("small", {}, plain(reading.join(" · "), 300)));
}

/** Words of a quote: line ends and blanks as they are, other control characters as blanks. */
const shownWords = (text) => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, " ");
