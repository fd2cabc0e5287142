// The graph as the page holds it: concepts, mappings and papers that know each other, and what passes the filters.

const { concepts, mappings, papers, left_out: leftOut } = JSON.parse(byId("data").textContent);
const KINDS = ["function", "mechanism", "technique", "family"];
const PLURAL = { function: "functions", mechanism: "mechanisms", technique: "techniques", family: "families" };
const RELATIONS = ["inspires", "analogous", "contrasts", "proposes"];
const RELATION_WORDS = { inspires: "inspires", analogous: "is analogous to", contrasts: "contrasts with", proposes: "could become" };
const items = new Map();

for (const concept of concepts) {
  Object.assign(concept, { mappings: [], members: [], functions: (concept.functions ?? []).map((at) => concepts[at]) });
  concept.family = concept.family == null ? null : concepts[concept.family];
  // A function's name is an identifier in the store: "respond_to_stress".
  concept.title = concept.kind === "function" ? concept.name.replaceAll("_", " ") : concept.name;
  items.set(concept.key, concept);
}
for (const concept of concepts) concept.family?.members.push(concept);
for (const mapping of mappings) {
  mapping.mechanism = concepts[mapping.mechanism];
  mapping.technique = concepts[mapping.technique];
  mapping.functions = (mapping.functions ?? []).map((at) => concepts[at]);
  mapping.inWords = mapping.words;  // "words" is what a search looks into
  mapping.evidence ??= [];
  for (const proof of mapping.evidence) proof.paper = papers[proof.paper];
  mapping.years = [...new Set(mapping.evidence.map((proof) => proof.paper.year).filter(Boolean))].sort((a, b) => a - b);
  const families = [mapping.mechanism.family, mapping.technique.family].filter(Boolean);
  for (const concept of new Set([mapping.mechanism, mapping.technique, ...mapping.functions, ...families])) {
    concept.mappings.push(mapping);
  }
  items.set(mapping.key, mapping);
}
for (const concept of concepts) concept.mappings.sort((a, b) => b.belief - a.belief || b.papers - a.papers || (a.key < b.key ? -1 : 1));

const isMapping = (item) => item?.relation !== undefined;
const ends = (mapping) => [mapping.mechanism, mapping.technique];
const called = (item) => (isMapping(item) ? `${item.mechanism.title} → ${item.technique.title}` : item.title);
const everyYear = mappings.flatMap((mapping) => mapping.years);
const YEARS = everyYear.length ? [Math.min(...everyYear), Math.max(...everyYear)] : [0, 9999];
const domainsOf = (kind) => {
  const tally = new Map();
  for (const { kind: its, domain } of concepts) if (its === kind && domain) tally.set(domain, (tally.get(domain) ?? 0) + 1);
  return [...tally.keys()].sort((a, b) => tally.get(b) - tally.get(a) || (a < b ? -1 : 1));
};
const DOMAINS = { mechanism: domainsOf("mechanism"), technique: domainsOf("technique") };

/** Filters that let all pass. A domain is named with its side, since "learning" is one of biology and of computing. */
const noFilters = () => ({ kinds: [...KINDS], relations: [...RELATIONS], domains: [], belief: 0, from: YEARS[0], to: YEARS[1] });

/** Sets of the concepts and mappings that pass. A family or function passes with any of its mappings. */
function passing(filters) {
  const sides = { mechanism: new Set(), technique: new Set() };
  for (const domain of filters.domains) {
    const [side, name] = domain.split(/:(.*)/s);
    sides[side]?.add(name);
  }
  const inDomain = (concept) => !sides[concept.kind]?.size || sides[concept.kind].has(concept.domain);
  const allYears = filters.from <= YEARS[0] && filters.to >= YEARS[1];
  const kept = new Set(mappings.filter((mapping) =>
    filters.relations.includes(mapping.relation) && mapping.belief >= filters.belief
    && (allYears || mapping.years.some((year) => year >= filters.from && year <= filters.to))
    && ends(mapping).every(inDomain)));
  const bare = kept.size === mappings.length;
  const seen = concepts.filter((concept) =>
    filters.kinds.includes(concept.kind) && inDomain(concept) && (bare || concept.mappings.some((mapping) => kept.has(mapping))));
  return { concepts: new Set(seen), mappings: kept };
}
