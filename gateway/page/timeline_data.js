// What the gateway tells of one subject's timeline: all of it with about a thousand points, the
// part in view with as many again, and while the run goes on each new window.

import {ask, runParameters} from './api.js';
import {edgeBefore, hopOf} from './truth.js';

const kPoints = 1000;      // asked for, of what is in view
const kMostPoints = 4000;  // with those that came live; more are asked for anew
const kMargin = 0.5;       // of what is in view, on both sides
const kDetailPoints = kPoints * (1 + 2 * kMargin);

// Points as columns: starts in ns counted from a TimelineData's `zero`, class indices, probabilities.
class Points {
  constructor(points, zero) {
    this.x = (points?.windowStartNs ?? []).map((ns) => Number(BigInt(ns) - zero));
    this.classIndex = points?.classIndex ?? [];
    this.probability = points?.probability ?? [];
  }

  get last() {
    return this.x.length === 0 ? -Infinity : this.x[this.x.length - 1];
  }

  // Those of others that are later than all of these.
  append(others) {
    const known = this.last;
    for (const [i, x] of others.x.entries()) {
      if (x <= known) continue;
      this.x.push(x);
      this.classIndex.push(others.classIndex[i]);
      this.probability.push(others.probability[i]);
    }
  }
}

export class TimelineData {
  // `place` is {origin, run, subject, model}; `run` a RunStatus.
  constructor(place, run) {
    this.place = place;
    this.run = run;
    this.classes = [];
    // {from, to, fromNs, toNs, label, confidence, windows, stretch}; from and to in ns from `zero`.
    this.segments = [];
    this.method = '';
    this.zero = 0n;  // of what is counted in ns: the first window that was told
    this.lengthNs = 0;
    this.hopNs = 0;
    this.whole = new Points(null, 0n);
    this.detail = null;  // {points, from, to}
  }

  get parameters() {
    const {subject, model} = this.place;
    return {...runParameters(this.place), subject, model};
  }

  get isFinished() {
    return this.method === 'TIMELINE_METHOD_VITERBI';
  }

  get end() {
    return this.segments.length === 0 ? 0 : this.segments[this.segments.length - 1].to;
  }

  get windows() {
    return this.segments.reduce((sum, segment) => sum + segment.windows, 0);
  }

  ns(x) {
    return this.zero + BigInt(Math.round(x));
  }

  x(ns) {
    return Number(BigInt(ns) - this.zero);
  }

  // Asks for all of it. Errors: as `ask`; NOT_FOUND where nothing is stored yet.
  async load(signal) {
    if (this.lengthNs === 0) await this.#learnLength(signal);
    const answer = await ask('/v1/timeline', {...this.parameters, maxPoints: kPoints}, {signal});
    this.#setZero(answer.segments[0]?.fromNs ?? this.run.firstPacketNs);
    this.place.model = answer.model;
    this.classes = answer.classes;
    this.method = answer.method;
    this.whole = new Points(answer.points, this.zero);
    this.detail = null;
    this.segments = [];
    for (const segment of answer.segments) {
      this.#addSegment({
        from: this.x(segment.fromNs), to: this.x(segment.toNs), fromNs: segment.fromNs,
        toNs: segment.toNs, label: segment.class, confidence: segment.confidence,
        windows: Number(segment.windows),
      });
    }
    this.#learnHop();
  }

  // Once: what is in view would be at another time, where the first windows are not stored any more.
  #setZero(ns) {
    if (this.segments.length === 0) this.zero = BigInt(ns);
  }

  // Segments without time between them are one stretch.
  #addSegment(segment) {
    const last = this.segments[this.segments.length - 1];
    const stretch = last ? last.stretch + (segment.from > last.to ? 1 : 0) : 0;
    this.segments.push({...segment, stretch});
  }

  // The length of a window, which no timeline tells.
  async #learnLength(signal) {
    const {subject, ...others} = this.parameters;
    const {verdicts} = await ask('/v1/verdicts', {...others, subjects: subject, pageSize: 1},
                                 {signal});
    for (const {windowStartNs, windowEndNs} of verdicts) {
      this.lengthNs = Number(BigInt(windowEndNs) - BigInt(windowStartNs));
    }
  }

  // How far apart windows are: further where some within a segment are missing, so it is the least.
  #learnHop() {
    this.hopNs = this.segments.reduce(
        (least, segment) => Math.min(least, hopOf(segment, this.lengthNs)), this.lengthNs);
  }

  // Asks for points of the part in view, where those there are stand for several windows each.
  // True: there are new ones.
  async loadDetail({from, to}, signal) {
    if (this.whole.x.length >= this.windows || this.#isFineEnough(from, to)) return false;
    const margin = kMargin * (to - from);
    const begin = Math.max(0, from - margin), end = to + margin;
    const isOpen = end >= this.end;
    const {method} = this;
    const answer = await ask('/v1/timeline', {
      ...this.parameters, method, maxPoints: kDetailPoints,
      fromNs: this.ns(begin), toNs: isOpen ? undefined : this.ns(end),
    }, {signal});
    if (method !== this.method) return false;  // the run has ended meanwhile
    this.detail = {points: new Points(answer.points, this.zero), from: begin,
                   to: isOpen ? Infinity : end, span: to - from};
    if (isOpen) this.detail.points.append(this.whole);  // what came meanwhile
    return true;
  }

  #isFineEnough(from, to) {
    const span = to - from;
    if (span >= 0.9 * this.end) return true;
    if (!this.#detailCovers(from, to)) return false;
    return this.detail.span <= 1.6 * span || this.detail.points.x.length < kDetailPoints;
  }

  #detailCovers(from, to) {
    return this.detail && from >= this.detail.from && Math.min(to, this.end) <= this.detail.to;
  }

  // The finest points there are of a stretch.
  pointsOf(from, to) {
    return this.#detailCovers(from, to) ? this.detail.points : this.whole;
  }

  // Windows that came live, joined to segments as the gateway joins them. Those that are known
  // change nothing.
  append(response) {
    this.lengthNs = Number(response.lengthNs);
    this.#setZero(response.points?.windowStartNs?.[0] ?? this.zero);
    const points = new Points(response.points, this.zero);
    const known = this.end - this.lengthNs;
    points.x.forEach((x, i) => {
      if (x > known || this.segments.length === 0) {
        this.#join(x, response.classes[points.classIndex[i]], points.probability[i]);
      }
    });
    this.#learnHop();
    this.whole.append(points);
    if (this.detail?.to === Infinity) this.detail.points.append(points);
  }

  // So much came live that it is better asked for anew.
  get isTooMuch() {
    return this.whole.x.length > kMostPoints;
  }

  #join(x, label, probability) {
    const last = this.segments[this.segments.length - 1];
    const to = x + this.lengthNs, toNs = String(this.ns(to));
    if (last?.label === label && x <= last.to) {
      last.confidence += (probability - last.confidence) / (last.windows + 1);
      ++last.windows;
      Object.assign(last, {to, toNs});
    } else {
      this.#addSegment({from: x, to, fromNs: String(this.ns(x)), toNs, label,
                        confidence: probability, windows: 1});
    }
  }

  // Where a truth in seconds counts from, as BigInt.
  get edgeNs() {
    return edgeBefore(BigInt(this.run.firstPacketNs), BigInt(this.run.gridStartNs),
                      BigInt(this.lengthNs || 1));
  }

  // The segment at a time, if there is one.
  segmentAt(x) {
    let low = 0, high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.segments[middle].to <= x) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const found = this.segments[low];
    return found && found.from <= x ? found : null;
  }

  // Start of the window that holds `x`, within its segment; null where nothing was seen.
  windowAt(x) {
    const segment = this.segmentAt(x);
    if (!segment) return null;
    const hop = hopOf(segment, this.lengthNs);
    const number = Math.min(Math.floor((x - segment.from) / hop), segment.windows - 1);
    return segment.from + number * hop;
  }

  // The window before (-1) or after (1) the one that starts at `x`; steps over time when nothing was
  // seen.
  windowBeside(x, step) {
    const at = this.segments.findIndex(({to}) => x <= to - this.lengthNs);
    if (at < 0) return x;
    const segment = this.segments[at], hop = hopOf(segment, this.lengthNs);
    const number = Math.round((x - segment.from) / hop) + step;
    if (number >= 0 && number < segment.windows) return segment.from + number * hop;
    const beside = this.segments[at + step];
    if (!beside) return x;
    return step > 0 ? beside.from : beside.to - this.lengthNs;
  }

  // The smoothed state at a window, where its point is here: {label, probability}.
  stateAt(x) {
    const points = this.pointsOf(x, x);
    const at = points.x.indexOf(x);
    if (at < 0) return null;
    return {label: this.classes[points.classIndex[at]], probability: points.probability[at]};
  }
}
