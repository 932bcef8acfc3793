// The page of jobs: captures that were handed in, how far they are, and what came of them.

import {fetchAnswer, urlOf} from './api.js';
import {announce, reportErrors} from './connection.js';
import {badge, button, byId, el, setText} from './dom.js';
import {between, bytes, count, dateAndSeconds, plural} from './format.js';
import {hasEnded, JobsModel} from './jobs_model.js';
import {runHash} from './route.js';
import {token} from './token.js';

const kStates = {
  JOB_STATE_UPLOADING: ['uploading', 'live'], JOB_STATE_QUEUED: ['queued', 'quiet'],
  JOB_STATE_RUNNING: ['running', 'live'], JOB_STATE_DONE: ['done', 'good'],
  JOB_STATE_FAILED: ['failed', ''], JOB_STATE_CANCELLED: ['cancelled', 'quiet'],
};
const kUploadStates = {
  waits: ['waiting', 'quiet'], sends: ['uploading', 'live'], sent: ['uploading', 'live'],
  failed: ['failed', ''], cancelled: ['cancelled', 'quiet'],
};
const kSaved = 60000;  // ms; by then a browser has begun to save what was downloaded
const kFormats = [['JSON Lines', 'jsonl'], ['CSV', 'csv'], ['Segments', 'segments']];

export class JobsView {
  #over = null;      // AbortController, while this page is shown
  #watching = null;  // AbortController, while the gateway is watched
  #frame = 0;
  #rows = new Map();  // id -> JobRow

  // `choose` opens the browser's choice of files.
  constructor(choose) {
    this.model = new JobsModel(() => this.#drawSoon(), (job) => announce(
        `${job.name} ${kStates[job.state][0]}`));
    this.older = button('Show older jobs', () => reportErrors(this.model.loadOlder()));
    this.list = el('ul', {class: 'jobs', id: 'jobs'});
    this.none = el('p', {class: 'how'}, 'No job yet.');
    this.element = el('div', {class: 'jobs-view'}, el('h1', {}, 'Jobs'), invitation(choose),
                      this.none, this.list, this.older);
    addEventListener('beforeunload', (event) => {
      if (this.model.isUploading) event.preventDefault();  // asks whether to leave
    });
  }

  show() {
    this.#over = new AbortController();
    this.#watch();
    this.#draw();
  }

  hide() {
    this.#over?.abort();
    this.#over = null;
    this.#drawSoon();
  }

  // Hands captures in: [{file, truthCsv}].
  add(captures) {
    for (const {file, truthCsv} of captures) this.model.add(file, truthCsv);
    announce(`${plural(captures.length, 'capture')} handed in.`);
    this.#watch();
  }

  // Watched while they are looked at or one goes on.
  #watch() {
    if (this.#watching) return;
    const watching = new AbortController();
    this.#watching = watching;
    reportErrors(this.model.watch(watching.signal).finally(() => {
      if (this.#watching === watching) this.#watching = null;
    }));
  }

  #drawSoon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const {open} = this.model;
    byId('open-jobs').hidden = open === 0;
    setText(byId('open-jobs'), count(open));
    if (this.#over === null) {
      if (open > 0) return;
      this.#watching?.abort();
      this.#watching = null;
      return;
    }
    const entries = this.model.all;
    this.none.hidden = entries.length > 0;
    this.older.hidden = !this.model.hasOlder;
    const rows = new Map(entries.map((entry) => [
      entry.id, this.#rows.get(entry.id) ?? new JobRow(entry.id, this.model)]));
    for (const entry of entries) rows.get(entry.id).draw(entry);
    this.#rows = rows;
    const elements = [...rows.values()].map((row) => row.element);
    const isSame = elements.length === this.list.children.length &&
        elements.every((element, i) => element === this.list.children[i]);
    if (!isSame) this.list.replaceChildren(...elements);
  }
}

const placeOf = (job) => runHash(job, {isFirst: true});

function timesOf({createdNs, endedNs}) {
  if (endedNs === '0') return `handed in at ${dateAndSeconds(createdNs)}`;
  return `${dateAndSeconds(endedNs)}, after ${between(createdNs, endedNs)}`;
}

function invitation(choose) {
  return el('div', {class: 'card drop-here'},
            el('p', {}, el('strong', {}, 'Drop captures anywhere on this page'), ', or ',
               button('choose files', choose, {class: 'primary', id: 'choose-files'})),
            el('p', {class: 'small'}, 'pcap or pcapng, plain or packed by gzip or zstd. The ' +
               'gateway keeps their packets\' headers, no content. A truth as CSV of the same ' +
               'name (call.pcap and call.truth.csv) goes with its capture and is drawn below the ' +
               'timeline.'));
}

// How far a job is: {share (0 to 1, or null for unknown), words}.
function progressOf(job, upload) {
  if (upload?.isOpen && (!job || job.state === 'JOB_STATE_UPLOADING')) {
    const {sent, file} = upload;
    const words = upload.state === 'waits' ? 'waits for the uploads before it' :
        `${bytes(sent)} of ${bytes(file.size)} sent`;
    return {share: file.size > 0 ? sent / file.size : null, words};
  }
  if (!job) return {share: 0, words: ''};
  const packets = Number(job.accounting?.received ?? 0);
  const found = packets === 0 && hasEnded(job) ? '' :
      `${plural(packets, 'packet')} read, ${plural(job.windows, 'window')} stored`;
  if (job.state === 'JOB_STATE_UPLOADING') {
    const total = Number(job.totalBytes), received = Number(job.receivedBytes);
    return {share: total > 0 ? received / total : null,
            words: `${bytes(received)}${total > 0 ? ` of ${bytes(total)}` : ''} received`};
  }
  if (job.state === 'JOB_STATE_QUEUED') {
    return {share: 0, words: job.waiting ? `waits: ${job.waiting}` : 'waits for its turn'};
  }
  const spooled = Number(job.spooledBytes), sent = Number(job.sentBytes);
  return {share: hasEnded(job) ? 1 : spooled > 0 ? sent / spooled : null, words: found};
}

// One job on the page; its parts stay, so that what has the focus keeps it.
class JobRow {
  constructor(id, model) {
    this.id = id;
    this.model = model;
    this.title = el('h2', {});
    this.state = el('span', {});
    this.bar = el('progress', {max: 1, 'aria-label': 'Progress'});
    this.words = el('p', {class: 'small words'});
    this.error = el('p', {class: 'warn error'});
    this.actions = el('div', {class: 'row'});
    this.element = el('li', {class: 'card job', data: {job: id}},
                      el('div', {class: 'job-head'}, this.title, this.state), this.bar, this.words,
                      this.error, this.actions);
  }

  draw({job, upload}) {
    const isEnded = job ? hasEnded(job) : !upload.isOpen;
    const name = job?.name ?? upload.file.name;
    const [word, kind] = kStates[job?.state] ?? kUploadStates[upload.state];
    const isDone = job?.state === 'JOB_STATE_DONE';
    this.element.dataset.state = word;
    this.#drawTitle(job, name, isDone);
    this.state.replaceChildren(badge(word, kind), el('span', {class: 'small'},
        job ? ` ${timesOf(job)}` : ''));
    this.#drawProgress(progressOf(job, upload), isEnded);
    const incomplete = job?.incomplete ? `Incomplete: ${job.incomplete}` : '';
    setText(this.error, job?.error || upload?.error || incomplete);
    this.error.hidden = this.error.textContent === '';
    this.#drawActions(job, isEnded);
  }

  #drawTitle(job, name, isDone) {
    const key = `${name} ${isDone} ${job?.hasTruth}`;
    if (this.title.dataset.key === key) return;
    this.title.dataset.key = key;
    this.title.replaceChildren(isDone ?
        el('a', {href: placeOf(job)}, name) : name,
        job?.hasTruth ? badge('with a truth', 'quiet') : '');
  }

  #drawProgress({share, words}, isEnded) {
    setText(this.words, words);
    this.bar.hidden = isEnded;
    if (share === null) {
      this.bar.removeAttribute('value');
    } else {
      this.bar.value = share;
    }
  }

  #drawActions(job, isEnded) {
    const hasResults = job && isEnded && Number(job.windows) > 0;
    const key = `${isEnded} ${hasResults}`;
    if (this.actions.dataset.key === key) return;
    this.actions.dataset.key = key;
    if (!isEnded) {
      this.actions.replaceChildren(this.#action('Cancel', () => this.model.cancel(this.id)));
      return;
    }
    const open = hasResults ? [el('a', {
      class: 'button primary', href: placeOf(job),
    }, 'Open the timeline')] : [];
    const downloads = hasResults ?
        kFormats.map(([text, format]) => this.#download(job, text, format)) : [];
    this.actions.replaceChildren(...open, ...downloads,
                                 this.#action('Delete', () => this.#delete(job)));
  }

  #action(text, act) {
    return button(text, (event) => {
      event.target.disabled = true;
      reportErrors(act().finally(() => {
        event.target.disabled = false;
      }));
    }, {'data-action': text.toLowerCase()});
  }

  async #delete(job) {
    const what = job ? `Delete ${job.name} and what it found?` : 'Forget this upload?';
    if (confirm(what)) await this.model.remove(this.id);
  }

  // A link, which any size goes through; a server that wants a token wants it in a header, though.
  #download(job, text, format) {
    const href = urlOf(`/v1/jobs/${encodeURIComponent(job.id)}/results`, {format});
    const link = el('a', {class: 'button', href, download: '', data: {format}}, `↓ ${text}`);
    link.addEventListener('click', (event) => {
      if (!token()) return;
      event.preventDefault();
      const ending = format === 'segments' ? 'segments.csv' : format;
      reportErrors(saveWithToken(href, `${job.id}.${ending}`));
    });
    return link;
  }
}

async function saveWithToken(href, name) {
  const answer = await fetchAnswer(href);
  const url = URL.createObjectURL(await answer.blob());
  el('a', {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), kSaved);
}
