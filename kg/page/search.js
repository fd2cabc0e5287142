// Words to concepts, mappings and papers: all words must be there, blind to case and accents; a name's start comes first.

const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

for (const concept of concepts) {
  concept.folded = folded(concept.title);
  concept.words = folded([concept.title, concept.name, ...(concept.aliases ?? []), concept.definition ?? "", concept.domain ?? "",
    concept.family?.name ?? "", concept.key].join("\n"));
}
for (const mapping of mappings) {
  const said = mapping.evidence.flatMap(({ paper, quotes }) =>
    [paper.title, paper.key, ...(quotes ?? []).map((passage) => passage.map(([words]) => words).join(""))]);
  mapping.words = [mapping.key, mapping.mechanism.words, mapping.technique.words, ...mapping.functions.map(({ title }) => title),
    folded(said.join("\n"))].join("\n");
}

/** Concepts and mappings that have all the words, the likeliest first; null where nothing is asked. */
function search(query, { concepts: seen, mappings: kept }) {
  const words = folded(query).split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const whole = words.join(" ");
  const rank = (concept) =>
    concept.folded === whole ? 0 : concept.folded.startsWith(whole) ? 1 : words.every((word) => concept.folded.includes(word)) ? 2 : 3;
  const has = (item) => words.every((word) => item.words.includes(word));
  const found = [...seen].filter(has).map((concept) => ({ concept, rank: rank(concept) }))
    .sort((a, b) => a.rank - b.rank || b.concept.mappings.length - a.concept.mappings.length || (a.concept.key < b.concept.key ? -1 : 1));
  const stated = [...kept].filter(has).sort((a, b) => b.belief - a.belief || b.papers - a.papers || (a.key < b.key ? -1 : 1));
  return { concepts: found.map(({ concept }) => concept), mappings: stated };
}
