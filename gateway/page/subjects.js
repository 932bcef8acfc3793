// The subjects of a run with what they are at present: calls first, to be searched, and kept new
// while the run goes on.

import {askAll, ask, pause, persist, repeat, runParameters} from './api.js';
import {classColours} from './charts.js';
import {reportErrors} from './connection.js';
import {badge, el, setText} from './dom.js';
import {count, kHourNs, percent, plural, subjectParts} from './format.js';
import {runHash} from './route.js';
import {VirtualList} from './virtual_list.js';

const kRowHeight = 3.875;   // rem, as timelines.css has it
const kPage = 2000;         // subjects in a request
// ms between looks while the run goes on. No stream: a browser has six connections to a server, for
// all its tabs, and the timeline has one already.
const kRefresh = 1000;

const keyOf = ({subject, model}) => `${model}\n${subject}`;

export class SubjectList {
  #over = null;      // AbortController of the run that is shown
  #byKey = new Map();
  #classes = new Map();  // model -> its classes, or null while they are asked for

  // `onLoad` is called whenever all subjects have been asked for.
  constructor(onLoad) {
    this.onLoad = onLoad;
    this.list = new VirtualList({
      label: 'Subjects', id: 'subjects', rowHeight: kRowHeight, keyOf,
      row: (subject, element) => this.#writeRow(subject, element),
      hrefOf: (subject) => runHash(this.run, subject),
    });
    this.search = el('input', {type: 'search', id: 'search', placeholder: 'Name, class or model',
                               'aria-label': 'Search the subjects', autocomplete: 'off',
                               spellcheck: 'false', on: {input: () => this.#filter()}});
    this.onlyCalls = el('input', {type: 'checkbox', id: 'only-calls',
                                  on: {change: () => this.#filter()}});
    this.summary = el('p', {class: 'small', id: 'subject-count', role: 'status'});
    this.element = el('div', {class: 'subjects'}, this.search,
                      el('label', {class: 'small'}, this.onlyCalls, ' only what looks like a call'),
                      this.summary, this.list.element);
  }

  // Shows another run. Resolves once its subjects are here, however often that takes asking. Errors:
  // that it was closed.
  async show(run) {
    this.close();
    this.run = {origin: run.origin, run: run.run};
    this.#over = new AbortController();
    this.#byKey = new Map();
    this.#classes = new Map();  // another version of a model may have others
    this.#filter();
    setText(this.summary, 'Asking for the subjects…');
    const {signal} = this.#over;
    const tell = ({message}) => setText(this.summary, message);
    await persist(() => this.#load(), {signal, tell, isPassing: () => true});
    this.list.reveal();
    if (!run.ended) reportErrors(this.#keepNew(run, signal));
  }

  close() {
    this.#over?.abort();
  }

  find({subject, model}) {
    if (model) return this.#byKey.get(keyOf({subject, model}));
    return [...this.#byKey.values()].find((each) => each.subject === subject);
  }

  // The first call, or else the first subject.
  get first() {
    const all = [...this.#byKey.values()];
    return all.find(isCall) ?? all[0];
  }

  set chosen(place) {
    this.list.chosen = place.subject === undefined ? null : keyOf(this.find(place) ?? place);
  }

  // ---- loading --------------------------------------------------------------------------------

  async #load() {
    await askAll('/v1/subjects', {...runParameters(this.run), pageSize: kPage}, {
      signal: this.#over.signal,
      take: ({subjects}) => {
        for (const subject of subjects) this.#take(subject);
        this.#filter();
      },
    });
    this.element.dataset.loaded = this.#byKey.size;
    this.onLoad();
  }

  // What is as it was stays the same object, and its row in the list as it is.
  #take(subject) {
    const key = keyOf(subject), before = this.#byKey.get(key);
    this.#learnClasses(subject);
    if (before && JSON.stringify(before) === JSON.stringify(subject)) return;
    this.#byKey.set(key, subject);
  }

  async #keepNew(run, signal) {
    await pause(kRefresh, signal);
    await repeat(kRefresh, signal, async () => {
      const isLast = run.ended;  // what is asked for from here on is all of it
      await this.#load();
      if (isLast) this.close();
    });
  }

  // The classes of a model in their order, which decides on their colours.
  #learnClasses({subject, model, toNs}) {
    if (this.#classes.has(model)) return;
    this.#classes.set(model, null);
    const {signal} = this.#over, known = this.#classes, parameters = {
      ...runParameters(this.run), subject, model, noPoints: true, fromNs: BigInt(toNs) - kHourNs,
    };
    persist(() => ask('/v1/timeline', parameters, {signal}), {signal, tell: () => {}}).then(
        ({classes}) => {
          known.set(model, classes);
          this.#redrawAll();
        }).catch(() => known.delete(model));  // the next list asks again
  }

  #redrawAll() {
    for (const [key, subject] of this.#byKey) this.#byKey.set(key, {...subject});
    this.#filter();
  }

  // ---- filtering ------------------------------------------------------------------------------

  #filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (subject) => {
      if (this.onlyCalls.checked && !isCall(subject)) return false;
      const text = `${subject.subject} ${subject.lastClass} ${subject.model}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const shown = [...this.#byKey.values()].filter(fits);
    shown.sort((a, b) => isCall(b) - isCall(a) || (a.subject < b.subject ? -1 : 1));
    this.list.items = shown;
    const all = this.#byKey.size, calls = [...this.#byKey.values()].filter(isCall).length;
    setText(this.summary, shown.length < all ? `${count(shown.length)} of ${count(all)} subjects` :
        `${plural(all, 'subject')}, ${plural(calls, 'call')}`);
  }

  // ---- a row ----------------------------------------------------------------------------------

  #writeRow(subject, element) {
    const {kind, who} = subjectParts(subject.subject);
    const {lastClass, lastProbability, model, windows, shape} = subject;
    const call = isCall(subject) ? badge('call', 'good') : null;
    element.title = shape?.why ? `${subject.subject}\n${whyCall(shape)}` : subject.subject;
    element.dataset.subject = subject.subject;
    element.dataset.class = lastClass;
    element.replaceChildren(
        el('span', {class: 'line'}, el('span', {class: 'who'}, who), call),
        el('span', {class: 'line'}, stateBadge(lastClass, lastProbability,
                                               this.#colourOf(model, lastClass)),
           el('span', {class: 'what small'}, `${kind.replace('conversation, ', '')} · ${
               count(windows)} × ${model}`)));
  }

  #colourOf(model, name) {
    const classes = this.#classes.get(model);
    return classes?.includes(name) ? classColours(classes)[classes.indexOf(name)] : 'c7';
  }
}

const isCall = ({shape}) => shape?.looksLikeCall === true;
// Whether a conversation looks like a call, and why.
export const whyCall = ({looksLikeCall, why}) =>
    `${looksLikeCall ? 'Looks like a call' : 'Does not look like a call'}: ${why}`;

// A class with its probability, in its colour.
export function stateBadge(name, probability, colour) {
  return el('span', {class: 'state', style: {'--swatch': `var(--${colour})`}}, name || '–',
            name ? el('b', {}, percent(probability)) : null);
}
