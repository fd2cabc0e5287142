"""Twins of the parts that respond, from their equations: knobs, then what was sensed, give the response."""

from __future__ import annotations

import math
from types import SimpleNamespace

from tests.adaptive.part_twins_numbers import limited, signed


def hill(k):
    def answer(x):
        dose = (abs(x) / k["half"]) ** k["steepness"]
        return signed(x) * dose / (1 + dose)

    return answer


def leaky_memory(k):
    trace = [0.0]

    def answer(x):
        trace[0] = k["memory"] * trace[0] + (1 - k["memory"]) * x
        return limited(trace[0], -1.0, 1.0)

    return answer


def energy_budget(k):
    purse = [1.0]

    def answer(x):
        spent = min(abs(x), 1.0, purse[0] / k["cost"])
        purse[0] = min(1.0, purse[0] - k["cost"] * spent + k["refill"])
        return signed(x) * spent

    return answer


def proportional_integral(k):
    total = [0.0]

    def answer(x):
        wanted = k["gain"] * x + total[0]
        given = limited(wanted, -1.0, 1.0)
        total[0] += k["rate"] * (x + given - wanted)
        return given

    return answer


def adaptation(k):
    level = [0.0]

    def answer(x):
        given = signed(x) * limited(abs(x) - level[0], 0.0, 1.0)
        level[0] += k["rate"] * (abs(x) - level[0])
        return given

    return answer


def habituation(k):
    left = [1.0]

    def answer(x):
        given = left[0] * limited(x, -1.0, 1.0)
        left[0] += k["recovery"] * (1 - left[0]) - k["use"] * left[0] * min(1.0, abs(x))
        return given

    return answer


def governor(k):
    its = SimpleNamespace(answer=0.0, gain=1.0, before=0.0)

    def answer(x):
        its.answer += limited(limited(its.gain * x, -1.0, 1.0) - its.answer, -k["limit"], k["limit"])
        if x * its.before > 0:
            its.gain = min(1.0, k["loosen"] * its.gain)
        elif x * its.before < 0:
            its.gain = max(0.05, k["damp"] * its.gain)
        its.before = x
        return its.answer

    return answer


def generations(k):
    its = SimpleNamespace(mark=0.0, met=[])

    def answer(x):
        given = its.mark
        its.met.append(min(1.0, x))
        if len(its.met) >= k["period"]:
            its.mark, its.met = k["fade"] * its.mark + (1 - k["fade"]) * sum(its.met) / len(its.met), []
        return given

    return answer


def hysteresis(k):
    switch = [0.0]

    def answer(x):
        if abs(x) >= k["high"]:
            switch[0] = signed(x)
        elif switch[0] * x < k["low"] * k["high"]:
            switch[0] = 0.0
        return switch[0]

    return answer


def refractory(k):
    rest = [0.0]

    def answer(x):
        fires = abs(x) >= k["threshold"] and rest[0] <= 0
        rest[0] = k["period"] if fires else max(0.0, rest[0] - 1)
        return signed(x) if fires else 0.0

    return answer


def ramp(k):
    return lambda x: signed(x) * limited((abs(x) - k["dead"]) / (k["full"] - k["dead"]), 0.0, 1.0)


def inverted_u(k):
    return lambda x: signed(x) * abs(x) / k["peak"] * math.exp(1 - abs(x) / k["peak"])


def lateral_inhibition(k):
    return lambda x: x.sign() * (x.abs() - k["inhibition"] * x.abs().mean()).clamp(0.0, 1.0)


def titration(k):
    affinity, most = k["affinity"], k["capacity"]
    rest = (math.sqrt(affinity**2 + 4 * affinity * most) - affinity) / 2
    chaperone = [rest]

    def answer(misfolded):
        free = max(0.0, chaperone[0] - misfolded)
        chaperone[0] += k["decay"] * (most * affinity / (affinity + free) - chaperone[0])
        return (chaperone[0] - rest) / (most - rest)

    return answer


def bistable_mark(k):
    mark = [0.0]

    def answer(x):
        m = mark[0]
        if abs(x) >= k["threshold"]:
            mark[0] = m + k["write"] * (signed(x) - m)
        else:
            mark[0] = m + k["erase"] * m * (abs(m) - k["tip"]) * (1 - abs(m))
        return mark[0]

    return answer
