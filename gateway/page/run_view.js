// The page of timelines: a picker of runs, the subjects of the run, and one of them, or the run as
// a whole.

import {ask, repeat} from './api.js';
import {reportErrors} from './connection.js';
import {badge, el, setText} from './dom.js';
import {dateAndSeconds, dateAndTime, originName, subjectParts} from './format.js';
import {replaceRoute, runHash, sameRun, sameSubject} from './route.js';
import {RunOverview} from './run_overview.js';
import {SubjectList} from './subjects.js';
import {SubjectView} from './subject_view.js';

const kRefresh = 3000;  // ms between looks for new runs
const kIncidents = 5;   // that are shown of a run
const kWide = matchMedia('(min-width: 900px)');

export class RunView {
  #over = null;        // AbortController, while this page is shown
  #runs = [];          // as ListRuns gives them; objects stay the same ones
  #jobNames = new Map();  // origin -> name of the capture
  #place = null;       // the route that is shown, or is to be once its run is there
  #opened = null;      // the place whose run is shown
  #subjectView = null;
  #isReturning = false;  // the reader came here from this page itself

  constructor() {
    this.subjects = new SubjectList(() => this.#onSubjects());
    this.overview = new RunOverview();
    this.picker = el('select', {id: 'run', on: {change: () => this.#pick()}});
    this.state = el('p', {class: 'small', id: 'run-state'});
    this.aside = el('aside', {'aria-label': 'Run and subjects'},
                    el('label', {class: 'overline', for: 'run'}, 'Run'), this.picker, this.state,
                    this.subjects.element);
    this.back = el('a', {class: 'back', href: '#/'}, '← All subjects');
    this.detail = el('div', {class: 'detail'});
    this.empty = el('div', {class: 'card empty', hidden: true},
        el('h1', {}, 'Nothing is stored yet'),
        el('p', {class: 'how'}, 'Drop a capture anywhere on this page, or start capture-svc with ' +
            'a file or an interface; what it finds appears here by itself.'));
    this.element = el('div', {class: 'run-view'}, this.empty, this.aside,
                      el('div', {class: 'main-column'}, this.back, this.detail));
  }

  // The run that is looked at; undefined where there is none.
  get run() {
    return this.#place && this.#runs.find((run) => sameRun(run, this.#place));
  }

  // Shows a place, as soon as its run is there. Resolves when the view is left, or by the next
  // call. Errors: as `ask`.
  show(place) {
    this.#isReturning = this.#over !== null;
    if (this.#isReturning) return this.#go(place);
    this.#place = place;
    this.#over = new AbortController();
    return repeat(kRefresh, this.#over.signal, () => this.#loadRuns());
  }

  hide() {
    this.#over?.abort();
    this.#over = null;
    this.#opened = null;
    this.#closeSubject();
    this.subjects.close();
  }

  // ---- runs -----------------------------------------------------------------------------------

  async #loadRuns() {
    const {signal} = this.#over;
    const {runs} = await ask('/v1/runs', {}, {signal});
    const keyOf = ({origin, run}) => JSON.stringify([origin, run]);
    const known = new Map(this.#runs.map((run) => [keyOf(run), run]));
    this.#runs = runs.map((run) => Object.assign(known.get(keyOf(run)) ?? {}, run));
    await this.#learnJobNames(signal);
    signal.throwIfAborted();
    this.empty.hidden = runs.length > 0;
    this.aside.hidden = runs.length === 0;
    this.#writePicker();
    if (this.#opened === null) reportErrors(this.#go(this.#place));  // runs come and end meanwhile
    if (!this.run || this.#subjectView) return;
    this.overview.draw(this.run, this.#nameOf(this.run));
    await this.#loadIncidents(this.run, signal);
  }

  async #loadIncidents({origin, run}, signal) {
    const {incidents} = await ask('/v1/incidents', {origin, run, pageSize: kIncidents}, {signal});
    if (sameRun({origin, run}, this.#place)) this.overview.drawIncidents(incidents);
  }

  async #learnJobNames(signal) {
    const isUnknown = ({origin}) => origin.startsWith('job:') && !this.#jobNames.has(origin);
    if (!this.#runs.some(isUnknown)) return;
    const told = await ask('/v1/jobs', {}, {signal}).catch(() => null);
    if (told === null) return;  // the next look asks again
    for (const job of told.jobs) this.#jobNames.set(job.origin, job.name);
    for (const run of this.#runs.filter(isUnknown)) this.#jobNames.set(run.origin, '');
  }

  #nameOf({origin}) {
    return originName(origin, this.#jobNames.get(origin));
  }

  #writePicker() {
    const options = this.#runs.map((run) => this.#optionOf(run));
    const written = options.map((option) => `${option.value} ${option.textContent}`).join('\n');
    if (written !== this.picker.dataset.written) {
      this.picker.replaceChildren(...options);
      this.picker.dataset.written = written;
    }
    this.#markRun();
  }

  #optionOf(run) {
    const first = run.firstPacketNs === '0' ? 'no packet' :
        dateAndTime(run.firstPacketNs).replace(/:\d\d(\.\d+)?$/, '');
    // A job has one run, whose name says nothing more.
    const name = run.origin.startsWith('job:') ? '' : ` · ${run.run}`;
    const text = `${run.ended ? '' : '● live · '}${this.#nameOf(run)} · ${first}${name}`;
    return el('option', {value: runHash(run)}, text);
  }

  #markRun() {
    const {run} = this;
    if (!run) return;
    this.picker.value = runHash(run);
    this.back.href = this.picker.value;
    const state = run.ended ? badge('ended', 'quiet') : badge('live', 'live');
    const text = run.firstPacketNs === '0' ? 'no packet yet' :
        ` up to ${dateAndSeconds(run.watermarkNs)}`;
    const written = `${run.ended} ${text} ${run.incomplete}`;
    if (this.state.dataset.written === written) return;
    this.state.dataset.written = written;
    this.state.replaceChildren(state, text, run.incomplete === '' ? '' :
        el('span', {class: 'warn'}, ` · incomplete: ${run.incomplete}`));
  }

  #pick() {
    location.hash = this.picker.value;
  }

  // ---- places ---------------------------------------------------------------------------------

  async #go(place) {
    const wanted = place.run === undefined ? this.#newestRun(place) : place;
    this.#place = wanted;
    const {run} = this;
    if (!run) return this.#showMissing(wanted);
    this.#markRun();
    if (!sameRun(this.#opened, wanted) || wanted.isFirst) await this.#openRun(run, wanted);
    if (sameRun(this.#place, wanted)) this.#openSubject(this.#place);  // else gone elsewhere
  }

  #newestRun(place) {
    if (this.#runs.length === 0) return place;
    const [{origin, run}] = this.#runs;
    // Where there is room for all, the list need not come first.
    return {...place, origin, run, isFirst: kWide.matches};
  }

  async #openRun(run, place) {
    this.#closeSubject();
    this.#opened = place;
    const loading = this.subjects.show(run);
    if (place.subject !== undefined) {  // needs not wait for the list
      reportErrors(loading.then(() => {
        if (sameSubject(this.#place, place)) this.subjects.chosen = place;
        this.subjects.list.reveal();
      }));
      return;
    }
    await loading;
    this.#chooseFirst();
  }

  // Of a place that is to be shown by its first subject. True: there is one by now.
  #chooseFirst() {
    const {first} = this.subjects;
    const {view, origin, run, isFirst} = this.#place;
    if (!isFirst || !first) return false;
    this.#place = {view, origin, run, subject: first.subject, model: first.model};
    replaceRoute(this.#place);
    return true;
  }

  // The list is new, or knows more by now.
  #onSubjects() {
    if (!sameRun(this.#opened, this.#place)) return;
    const view = this.#subjectView;
    if (view) {
      view.setSummary(this.subjects.find(view.place) ?? null);
    } else if (this.#chooseFirst()) {
      this.#openSubject(this.#place);
    }
  }

  #openSubject(place) {
    this.element.classList.toggle('has-subject', place.subject !== undefined);
    this.subjects.chosen = place;
    if (place.subject === undefined) {
      this.#closeSubject();
      document.title = `${this.#nameOf(this.run)} – Silhouette`;
      this.overview.draw(this.run, this.#nameOf(this.run));
      this.detail.replaceChildren(this.overview.element);
      return;
    }
    if (sameSubject(this.#subjectView?.place, place)) return this.#subjectView.setPlace(place);
    this.#closeSubject();
    document.title = `${subjectParts(place.subject).who} – Silhouette`;
    const view = new SubjectView(place, this.run, this.subjects.find(place) ?? null);
    this.#subjectView = view;
    this.detail.replaceChildren(view.element);
    if (this.#isReturning) view.focus();
    if (!kWide.matches) scrollTo(0, 0);  // the list it was chosen from is gone
    view.start();
  }

  #closeSubject() {
    this.#subjectView?.close();
    this.#subjectView = null;
  }

  // It may come: runs are looked for now and then.
  #showMissing({origin, run}) {
    this.#opened = null;
    this.#closeSubject();
    this.subjects.close();
    if (run === undefined) return;  // there is none at all
    this.detail.replaceChildren(el('div', {class: 'card'}, el('h1', {}, 'This run is not here'),
        el('p', {class: 'how'}, `The gateway stores no run ${run} of ${origin}. It may have been ` +
            'deleted, or nothing of it is stored yet: then it appears here by itself.')));
  }

  // A truth that was dropped for the run that is looked at.
  setTruth(truth) {
    this.#subjectView?.setTruth(truth);
  }
}
