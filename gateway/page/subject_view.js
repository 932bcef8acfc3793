// One subject of a run: its timeline, why a window was said to be what it was, its segments, and
// its share of each class by hours and days.

import {pause, repeat} from './api.js';
import {onThemeChange} from './charts.js';
import {announce, reportErrors} from './connection.js';
import {badge, button, el, legend, setText} from './dom.js';
import {ExplainPanel} from './explain.js';
import {dateAndSeconds, percent, plural, range, subjectParts, timeOfDay, timeZone} from
    './format.js';
import {Overview} from './overview.js';
import {replaceRoute} from './route.js';
import {SegmentTable} from './segments.js';
import {stateBadge, whyCall} from './subjects.js';
import {Summary} from './summary.js';
import {TimelineChart} from './timeline_chart.js';
import {TimelineData} from './timeline_data.js';
import {TimelineFeed} from './timeline_feed.js';
import {listen, zoomButtons} from './timeline_input.js';
import {absoluteIntervals, agreement} from './truth.js';
import {truthOf} from './truths.js';
import {Viewport} from './viewport.js';

const kSettles = 150;  // ms without a change, before the gateway is asked about what is in view
const kSummaryRefresh = 5000;  // ms
const kKeys = 'Left and right: earlier, later. Up and down: zoom in, out. Home and End: to the ' +
    'begin and the end. 0: all of it. Comma and full stop: the window before, after. Enter: ' +
    'explain the window. Escape: close the explanation.';

export class SubjectView {
  #over = new AbortController();  // aborted when the view is left
  #settling = null;               // AbortController of what waits for the viewport to rest
  #frame = 0;
  #rowsDrawn = '';
  #detail = null;  // the finer points that there were
  #hash = location.hash;  // as far as this view knows
  #told = '';             // what was said last of what is in view

  // `place` is a route with a subject, `run` its RunStatus, `summary` its SubjectSummary or null.
  constructor(place, run, summary) {
    this.place = {...place};
    this.summary = summary;
    this.data = new TimelineData(this.place, run);
    this.view = new Viewport();
    this.shown = {data: this.data, view: this.view, truth: null, selected: null};
    this.canvas = el('canvas', {'aria-hidden': 'true'});
    this.chart = new TimelineChart(this.canvas, this.shown);
    const colourOf = (label) => this.chart.colourOf(label);
    this.overview = new Overview(this.shown, colourOf);
    this.explanation = new ExplainPanel({colourOf, close: () => this.#close()});
    this.segments = new SegmentTable({colourOf, show: (segment) => this.#showSegment(segment)});
    this.summaryPart = new Summary({colourOf});
    this.element = this.#build();
    this.#listen();
  }

  // ---- what is on the page --------------------------------------------------------------------

  #build() {
    const {kind, who} = subjectParts(this.place.subject);
    this.badges = el('span', {class: 'badges'});
    this.now = el('span', {class: 'now'});
    this.line = el('p', {class: 'how'});
    this.why = el('p', {class: 'small', id: 'why'});
    this.note = el('p', {class: 'small', role: 'status'});
    this.legend = el('div', {});
    this.agreement = el('p', {class: 'small', id: 'agreement'});
    this.chartBox = el('div', {
      class: 'timeline', id: 'timeline', tabindex: 0, role: 'application',
      'aria-label': `Timeline of ${who}; its segments are in the table below`,
      'aria-describedby': 'timeline-keys',
    }, this.canvas);
    const keys = el('details', {class: 'numbers'}, el('summary', {}, 'Keys and clock'),
                    el('p', {class: 'small', id: 'timeline-keys'}, kKeys),
                    el('p', {class: 'small'}, `Times are those of your clock, ${timeZone()}.`));
    return el('div', {class: 'subject-view'},
              el('header', {}, el('p', {class: 'overline'}, kind),
                 el('h1', {id: 'subject-name', title: this.place.subject}, who, this.badges,
                    this.now),
                 this.line, this.why),
              el('section', {class: 'card', 'aria-label': 'Timeline'}, this.#toolbar(), this.legend,
                 this.chartBox, this.overview.element, this.agreement, this.note, keys),
              this.explanation.element, this.segments.element, this.summaryPart.element);
  }

  #toolbar() {
    const buttons = zoomButtons(this.view).map(([sign, what, action]) =>
        button(sign, action, {title: what, 'aria-label': what}));
    this.range = el('span', {class: 'range', id: 'range'});
    return el('div', {class: 'toolbar'}, el('span', {class: 'row', role: 'group',
                                                     'aria-label': 'Zoom'}, ...buttons),
              this.range);
  }

  #writeHead() {
    const {data, summary} = this;
    const {shape} = summary ?? {};
    const key = `${data.run.ended} ${data.method} ${shape?.looksLikeCall}`;
    if (this.badges.dataset.key !== key) this.badges.replaceChildren(...this.#badges(shape));
    this.badges.dataset.key = key;
    this.now.replaceChildren(this.#now());
    const first = data.segments[0];
    setText(this.line, first ? `${plural(data.windows, 'window')} by model ${
        data.place.model}, from ${dateAndSeconds(first.fromNs)} to ${
        dateAndSeconds(data.segments[data.segments.length - 1].toNs)}` : '');
    setText(this.why, shape?.why ? `${whyCall(shape)}.` : '');
    const {classes} = data;
    this.legend.replaceChildren(legend([
      ...classes.map((name) => ({text: name, colour: this.chart.colourOf(name), kind: 'box'})),
      {text: this.chart.positive ? `probability of ${this.chart.positive}` :
                                   'probability of the class', colour: 'text', kind: 'line'},
    ]));
  }

  #badges(shape) {
    const {isFinished, run, method} = this.data;
    const words = isFinished ? 'The most probable path over the whole run (Viterbi)' :
                               'Each window\'s state from the windows up to it (forward)';
    return [
      run.ended ? badge('ended', 'quiet') : badge('live', 'live'),
      badge(isFinished ? 'finished timeline' : 'live timeline', 'quiet',
            {title: words, 'data-method': method}),
      shape?.looksLikeCall ? badge('looks like a call', 'good', {title: shape.why}) : '',
    ];
  }

  // What it is at present, while the run goes on.
  #now() {
    const {data} = this;
    const last = data.whole.x.length - 1;
    if (data.run.ended || last < 0) return '';
    const label = data.classes[data.whole.classIndex[last]];
    return stateBadge(label, data.whole.probability[last], this.chart.colourOf(label));
  }

  // A truth is about calls, where there are any.
  #writeAgreement() {
    const {data, shown: {truth}, summary} = this;
    this.agreement.hidden = !truth || summary?.shape?.looksLikeCall === false;
    if (!truth) return;
    const {windows, right} = agreement(data.segments, truth, data.lengthNs);
    this.agreement.dataset.share = windows === 0 ? '' : right / windows;
    const strange = truth.find(({label}) => !data.classes.includes(label));
    const words = windows === 0 ?
        'The truth lies beside this timeline: no window is in any of its intervals.' :
        `Rightly named by the ${data.isFinished ? 'finished' : 'live'} timeline: ${
            percent(right / windows, 1)} of ${plural(windows, 'window')} with a truth.`;
    setText(this.agreement, words + (this.truth.isSimulated ? ' The truth is simulated.' : '') +
        (strange ? ` It says "${strange.label}", which this model never does.` : ''));
  }

  // ---- life -----------------------------------------------------------------------------------

  // Asks for all of it, and keeps it new until `close`.
  start() {
    const {signal} = this.#over;
    const feed = new TimelineFeed(this.data, {
      signal, onChange: () => this.#onData(), onNote: (text) => setText(this.note, text),
    });
    const following = feed.run();
    reportErrors(following.then(() => this.#loadSummary()));
    const asking = truthOf(this.place, signal);
    asking.then((truth) => this.setTruth(truth)).catch((error) => this.#onTruthError(error));
  }

  #onTruthError(error) {
    if (error.name !== 'AbortError') setText(this.note, error.message);
  }

  #onData() {
    const isFirst = this.chart.chart === null;
    if (this.#detail !== null && this.data.detail === null) reportErrors(this.#settle());
    this.#detail = this.data.detail;
    this.view.grow(this.data.end, this.data.hopNs);
    if (isFirst) this.#takePlace();
    this.#applyTruth();
    this.#writeHead();
    this.#writeAgreement();
    this.segments.draw(this.data);
    this.#redrawSoon();
    this.element.dataset.windows = this.data.windows;
    this.element.dataset.method = this.data.method;
    if (isFirst && !this.data.isFinished) reportErrors(this.#keepSummary());
  }

  #loadSummary() {
    return this.summaryPart.load(this.data, this.#over.signal);
  }

  // While the run goes on.
  #keepSummary() {
    return repeat(kSummaryRefresh, this.#over.signal, async () => {
      if (!this.data.isFinished) await this.#loadSummary();
    });
  }

  // What the URL says of the time and the window.
  #takePlace() {
    const {from, to, at} = this.place;
    if (from !== undefined && to !== undefined) {
      this.view.set(this.data.x(from), this.data.x(to));
    }
    if (at !== undefined) this.#select(this.data.windowAt(this.data.x(at)));
  }

  // The URL has changed by hand or by the browser's history.
  setPlace(place) {
    Object.assign(this.place, {from: place.from, to: place.to, at: place.at});
    this.#hash = location.hash;
    if (this.data.segments.length === 0) return;
    if (place.from === undefined) this.view.showAll();
    this.#takePlace();
  }

  setSummary(summary) {
    this.summary = summary;
    if (this.data.segments.length === 0) return;
    this.#writeHead();
    this.#writeAgreement();
  }

  setTruth(truth) {
    this.truth = truth;
    if (this.data.segments.length === 0) return;
    this.#applyTruth();
    this.#writeAgreement();
    this.#redrawSoon();
  }

  #applyTruth() {
    if (!this.truth) return;
    const {data} = this;
    this.shown.truth = absoluteIntervals(this.truth, data.edgeNs).map(
        ({from, to, label}) => ({from: data.x(from), to: data.x(to), label}));
  }

  close() {
    this.#over.abort();
    this.#settling?.abort();
    this.explanation.hide();
    this.chart.destroy();
    this.summaryPart.close();
    this.resizing.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  focus() {
    this.chartBox.focus({preventScroll: true});
  }

  // ---- drawing --------------------------------------------------------------------------------

  #redrawSoon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#redraw());
  }

  #redraw() {
    if (this.data.segments.length === 0) return;
    const rows = `${this.data.method} ${this.shown.truth !== null} ${this.data.classes}`;
    if (rows !== this.#rowsDrawn) this.chart.rebuild();
    this.#rowsDrawn = rows;
    this.chart.draw();
    this.overview.draw(this.chart.chart.chartArea);
    const {from, to} = this.view;
    setText(this.range, range(this.data.ns(from), this.data.ns(to)));
    Object.assign(this.chartBox.dataset, {
      fromNs: this.data.ns(from), toNs: this.data.ns(to), drawn: true,
      truth: this.shown.truth?.length ?? 0,
    });
  }

  #listen() {
    this.view.onChange = () => {
      this.#redrawSoon();
      reportErrors(this.#settle());
    };
    const actions = {
      choose: (x) => this.#select(this.data.windowAt(x)),
      step: (steps) => this.#step(steps),
      enter: () => this.#select(this.shown.selected ?? this.#middleWindow()),
      leave: () => this.#close(),
    };
    const {chart, view} = this;
    listen({surface: this.canvas, keys: this.chartBox, chart, view, actions});
    this.resizing = new ResizeObserver(() => this.#redrawSoon());
    this.resizing.observe(this.chartBox);
    onThemeChange(this.#over.signal, () => this.#onTheme());
  }

  #onTheme() {
    this.#rowsDrawn = '';
    this.#redrawSoon();
    this.summaryPart.draw();
  }

  // Once the viewport rests: its place in the URL, finer points, and words for who cannot see it.
  async #settle() {
    this.#settling?.abort();
    this.#settling = new AbortController();
    const signal = AbortSignal.any([this.#settling.signal, this.#over.signal]);
    await pause(kSettles, signal);
    this.#writePlace();
    this.#tellRange();
    if (!await this.data.loadDetail(this.view, signal)) return;
    this.#detail = this.data.detail;
    this.#redrawSoon();
  }

  #tellRange() {
    const text = this.range.textContent;
    if (document.activeElement !== this.chartBox || this.view.follows || text === this.#told) return;
    this.#told = text;
    announce(`Shown: ${text}`);
  }

  // Where the reader has not gone elsewhere just now.
  #writePlace() {
    if (location.hash !== this.#hash) return;
    const isAll = this.view.showsAll;
    const {selected} = this.shown;
    Object.assign(this.place, {
      from: isAll ? undefined : String(this.data.ns(this.view.from)),
      to: isAll ? undefined : String(this.data.ns(this.view.to)),
      at: selected === null ? undefined : String(this.data.ns(selected)),
    });
    replaceRoute(this.place);
    this.#hash = location.hash;
  }

  #showSegment({from, to}) {
    const margin = Math.max((to - from) / 4, 4 * this.data.hopNs);
    this.view.set(from - margin, to + margin);
    this.chartBox.scrollIntoView({block: 'nearest'});
  }

  // ---- windows --------------------------------------------------------------------------------

  #middleWindow() {
    return this.data.windowAt((this.view.from + this.view.to) / 2);
  }

  #step(steps) {
    const from = this.shown.selected ?? this.#middleWindow();
    if (from === null) return;
    const to = this.shown.selected === null ? from : this.data.windowBeside(from, steps);
    this.view.reveal(to, to + this.data.hopNs);
    this.#select(to);
  }

  #select(start) {
    if (start === null) {
      setText(this.note, 'Nothing was seen at that time.');
      return;
    }
    if (this.note.textContent === 'Nothing was seen at that time.') {
      setText(this.note, '');
    }
    this.shown.selected = start;
    this.#redrawSoon();
    reportErrors(this.#settle());
    this.#announceWindow(start);
    reportErrors(this.explanation.show(this.data, start));
  }

  #announceWindow(start) {
    const state = this.data.stateAt(start);
    const label = this.data.segmentAt(start)?.label;
    announce(`Window at ${timeOfDay(this.data.ns(start))}: ${label}${
        state ? `, ${percent(state.probability, 1)}` : ''}`);
  }

  #close() {
    if (this.explanation.element.contains(document.activeElement)) this.focus();
    this.shown.selected = null;
    this.explanation.hide();
    reportErrors(this.#settle());
    this.#redrawSoon();
  }
}
