"""Words in the form in which names are compared: one spelling, singular, and one stem for words of one root."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ARTICLES = frozenset("the a an our their its his her this that these those such some certain any various".split())
SMALL = frozenset(
    "of in on for to and or by with from as at via into is are be being than between across through how that".split()
)

_ENDINGS = ("ization", "ically", "ation", "ings", "ing", "ical", "ies", "ive", "ed", "es", "al", "ic", "y", "s", "e")
_AFTER_HEAD = frozenset("of in on for to by with from as at via into that which during between across through under".split())
_BRACKETED = re.compile(r"\s*[(\[][^)\]]*[)\]]")
_EDGES = "\"'“”‘’«».,;:!?()[]{}"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
# A hyphen that a page break left in the middle of a word, as scanned papers have it.
_BROKEN = re.compile(r"(?<=\w)(?:\(cid:173\)|\u00ad|-\n)\s*(?=\w)")

_BRITISH = (
    (re.compile(r"(?<=\w{3})is(?=e[drs]?$|ing$|ation(?:al)?$)"), "iz"),
    (re.compile(r"(?<=behavi)our|(?<=neighb)our|(?<=col|lab|fav|hum|tum|vig)our|(?<=harb)our|(?<=od)our"), "or"),
    (re.compile(r"(?<=mode|labe|igna|anne|leve|rave|ance)ll(?=ing$|ed$|er$)"), "l"),
    (re.compile(r"(?<=^hom)oe(?=o)|(?<=^h)ae(?=m)|^oe(?=str|dem|soph)|(?<=^an)ae(?=st|m)|(?<=^f)oe(?=t)"), "e"),
    (re.compile(r"(?<=analy|araly|ataly)s(?=e[drs]?$|ing$)"), "z"),
    (re.compile(r"(?<=cent|.fib|heat)re$"), "er"),
)
# Words in -ise and -ising that are written so everywhere.
_ALWAYS_S = frozenset(
    "noise rise wise exercise precise concise otherwise likewise promise premise expertise enterprise surprise comprise arise "
    "advise revise devise supervise disguise paradise praise raise noised raised supervised unsupervised supervising raising "
    "noising denoise denoised denoising denoiser rising arising surprised surprising exercised exercising devised revised".split()
)
# Names and adjectives of one thing that no ending tells to be kin.
_KIN = {
    word: root
    for root, words in {
        "neuron": "neuron neuronal neural neurally neurone neuronic",
        "cortex": "cortex cortical cortices corticale",
        "cerebellum": "cerebellum cerebellar",
        "hippocampus": "hippocampus hippocampal hippocampi",
        "retina": "retina retinal retinae",
        "synapse": "synapse synaptic synaptically",
        "vision": "vision visual visually",
        "evolution": "evolution evolutionary evolved evolve evolving",
        "gene": "gene genetic genetically genomic genome",
        "muscle": "muscle muscular",
        "dendrite": "dendrite dendritic",
        "hearing": "hearing auditory audition",
        "olfaction": "olfaction olfactory smell",
        "touch": "touch tactile tactual",
        "language": "language linguistic linguistically",
        "child": "child children childhood",
        "infant": "infant baby toddler infancy",
        "human": "human people person man humans",
        "attention": "attention attentional attentive",
        "network": "network net",
        "memory": "memory mnemonic memories",
        "cognition": "cognition cognitive cognitively",
        "emotion": "emotion emotional affect affective",
        "perception": "perception perceptual perceive perceiving",
        "development": "development developmental developmentally",
        "fovea": "fovea foveal foveated foveation",
        "saccade": "saccade saccadic",
        "immune": "immune immunity immunological immunology",
        "locomotion": "locomotion locomotor locomote",
        "spine": "spine spinal",
        "dopamine": "dopamine dopaminergic",
        "serotonin": "serotonin serotonergic",
        "acetylcholine": "acetylcholine cholinergic",
        "oscillation": "oscillation oscillatory oscillator oscillate oscillating",
        "inhibition": "inhibition inhibitory inhibit",
        "excitation": "excitation excitatory excite",
        "plasticity": "plasticity plastic",
        "homeostasis": "homeostasis homeostatic",
        "metabolism": "metabolism metabolic",
        "bacterium": "bacterium bacteria bacterial",
        "swarm": "swarm swarming",
        "flock": "flock flocking",
        "optimization": "optimization optimizer optimize optimizing optimal optimizes",
        "regularization": "regularization regularizer regularize regularizing regularized",
        "recurrence": "recurrent recurrence",
        "convolution": "convolution convolutional",
        "hierarchy": "hierarchy hierarchical hierarchically",
        "spike": "spike spiking",
        "adaptation": "adaptation adaptive adapt adapting adaptively adaptable",
        "prediction": "prediction predictive predict predicting",
        "reason": "reason reasoning",
        "navigation": "navigation navigate navigating navigational",
        "bayes": "bayes bayesian",
        "hebb": "hebb hebbian",
        "reward": "reward rewarding",
        "motion": "motion movement move moving",
        "brain": "brain cerebral",
        "epigenetics": "epigenetic epigenetics epigenome epigenetically",
    }.items()
    for word in words.split()
}


def singular(word: str) -> str:
    """``word`` in the singular, near enough to compare by: "chaperones" → "chaperone", "bodies" → "body", "epigenetics" stays."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is", "ics", "as", "ous", "'s", "’s")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word if word in {"species", "series"} else word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=65536)
def american(word: str) -> str:
    """A lower-case ``word`` in American spelling: "organisation" → "organization", "behaviour" → "behavior"."""
    if word in _ALWAYS_S:
        return word
    for pattern, letters in _BRITISH:
        word = pattern.sub(letters, word)
    return word


@lru_cache(maxsize=65536)
def normal(text: str) -> str:
    """``text`` as names are compared: lower case, American, singular, without article in front, quotes, brackets or hyphens."""
    folded = unicodedata.normalize("NFKC", _BROKEN.sub("", text)).casefold()
    found = _WORD.findall(_BRACKETED.sub(" ", folded))
    words = [american(singular(word.removesuffix("'s").removesuffix("’s"))) for word in found]
    if not words:
        words = _WORD.findall(folded)
    while len(words) > 1 and words[0] in ARTICLES:
        words.pop(0)
    return " ".join(words)


def readable(text: str) -> str:
    """``text`` as the name of a new concept: like :func:`normal`, but hyphens stay and only the head word is made singular."""
    words = [w.strip(_EDGES) for w in _BRACKETED.sub(" ", unicodedata.normalize("NFKC", text).casefold()).split()]
    words = [w for w in words if w]
    while len(words) > 1 and words[0] in ARTICLES:
        words.pop(0)
    if words:
        cut = next((i for i, w in enumerate(words) if i and w in _AFTER_HEAD), len(words)) - 1
        words[cut] = singular(words[cut])
    return " ".join(words)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The part of ``word`` that its relatives share: "regularization", "regularizer" and "regularize" have one stem."""
    if word in _KIN:
        return _KIN[word]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=65536)
def stems(text: str) -> frozenset[str]:
    """The stems of the words of a normal ``text`` that carry meaning."""
    return frozenset(stem(word) for word in text.split() if word not in SMALL and word not in ARTICLES)


def head(text: str) -> str:
    """The stem of the word that says what kind of thing ``text`` names: the last one before "of", "for" and the like."""
    words = text.split()
    cut = next((i for i, w in enumerate(words) if i and w in _AFTER_HEAD), len(words))
    return stem(words[cut - 1]) if words else ""


@lru_cache(maxsize=65536)
def letters(text: str) -> frozenset[str]:
    """All runs of four letters of ``text``, with its word bounds: what misspelt and derived words still share."""
    padded = f" {text} "
    return frozenset(padded[i : i + 4] for i in range(len(padded) - 3))
