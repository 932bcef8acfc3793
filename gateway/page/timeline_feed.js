// Keeps a TimelineData as new as the gateway is: while the run goes on by server-sent events, and
// once it has ended by the finished timeline.

import {pause, persist} from './api.js';
import {announce} from './connection.js';
import {follow} from './events.js';

const kLook = 1000;  // ms, for a subject of which nothing is stored yet
const kStartsOver = ['ABORTED', 'OUT_OF_RANGE'];  // the cursor is another store's

export class TimelineFeed {
  #loads = 0;                 // that are under way
  #loaded = Promise.resolve();  // when they are done
  #waiting = [];              // events, while there are

  // `onChange` is called whenever the data is other than before, `onNote` with what is to be told.
  constructor(data, {signal, onChange, onNote}) {
    this.data = data;
    this.signal = signal;
    this.onChange = onChange;
    this.onNote = onNote;
    this.missed = 0;
  }

  // Resolves once the finished timeline is here. Errors: as `ask`, but those that may pass.
  async run() {
    await this.#loadFirst();
    if (this.data.isFinished) return;
    while (!await this.#followToTheEnd()) {
      this.onNote('The store is another one by now; all of it was asked for again.');
    }
    this.data.run.ended = true;
    await this.#load();
    this.onChange();
    announce('The run has ended; this is the finished timeline.');
  }

  // Asks for all of it, for as long as the gateway has no answer.
  async #load() {
    let hasFailed = false;
    await persist(() => this.data.load(this.signal), {signal: this.signal, tell: ({message}) => {
      hasFailed = true;
      this.onNote(message);
    }});
    if (hasFailed) this.onNote(this.#missedNote);
  }

  // A run that has just begun may hold nothing of the subject yet.
  async #loadFirst() {
    for (;;) {
      try {
        await this.#load();
        this.onChange();
        return this.onNote('');
      } catch (error) {
        if (error.code !== 'NOT_FOUND' || this.data.run.ended) throw error;
        this.onNote('Nothing is stored of this subject yet.');
        await pause(kLook, this.signal);
      }
    }
  }

  // False: it must start over. What is asked for behind the first event and the events that follow
  // leave nothing out.
  async #followToTheEnd() {
    let isFirst = true;
    const take = (event) => {
      this.#countMissed(event);
      if (isFirst || Number(event.missed) > 0) this.#reload();
      isFirst = false;
      this.#take(event);
    };
    try {
      await follow('/v1/timeline:watch', this.data.parameters, {signal: this.signal, take});
      await this.#loaded;
      return true;
    } catch (error) {
      if (!kStartsOver.includes(error.code)) throw error;
      return false;
    }
  }

  #take(event) {
    if (this.#loads > 0) {
      this.#waiting.push(event);
      return;
    }
    this.data.append(event);
    this.onChange();
    if (this.data.isTooMuch) this.#reload();
  }

  // Asks for all of it, and puts the events that come meanwhile behind it; also where that fails.
  #reload() {
    ++this.#loads;
    this.#loaded = this.#loaded.then(() => this.#load()).catch((error) => {
      if (error.name !== 'AbortError') this.onNote(error.message);
    }).then(() => {
      for (const event of this.#waiting) this.data.append(event);
      if (--this.#loads === 0) this.#waiting = [];
      if (!this.signal.aborted) this.onChange();
    });
  }

  #countMissed({missed}) {
    if (Number(missed) === 0) return;
    this.missed += Number(missed);
    this.onNote(this.#missedNote);
  }

  get #missedNote() {
    return this.missed === 0 ? '' : `Missed ${this.missed}: so many verdicts were left out, since ` +
        'this browser was too slow for them; the timeline was asked for again.';
  }
}
