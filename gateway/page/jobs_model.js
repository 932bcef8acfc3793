// The jobs there are: those of the gateway as it tells them, and those that this page hands in.

import {ask} from './api.js';
import {follow} from './events.js';
import {milliseconds} from './format.js';
import {Upload} from './upload.js';

const kWatched = 100;  // jobs that a watch begins with, at most
const kReadable = 50;  // characters of an id, which has 64 at most

// A name for a job that says what it is about and is nobody else's.
function newId(fileName) {
  const readable = fileName.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^\./, '_').slice(0, kReadable);
  const chance = crypto.getRandomValues(new Uint8Array(4));
  return `${readable}-${[...chance].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

export const hasEnded = ({state}) =>
    ['JOB_STATE_DONE', 'JOB_STATE_FAILED', 'JOB_STATE_CANCELLED'].includes(state);

export class JobsModel {
  #jobs = new Map();    // id -> Job of the gateway
  #uploads = new Map();  // id -> Upload
  #queue = Promise.resolve();

  // `onChange` is called after each change, `onEnd` with a job that has ended by now.
  constructor(onChange, onEnd) {
    this.onChange = onChange;
    this.onEnd = onEnd;
    this.hasOlder = false;  // jobs that are not here
    this.olderToken = '';
  }

  // Newest first: {job, upload}; either may be missing.
  get all() {
    const ids = [...new Set([...this.#uploads.keys(), ...this.#jobs.keys()])];
    const entries = ids.map((id) => ({id, job: this.#jobs.get(id), upload: this.#uploads.get(id)}));
    const began = ({job, upload}) => upload?.began ?? milliseconds(job.createdNs);
    return entries.sort((a, b) => began(b) - began(a));
  }

  get open() {
    return this.all.filter(({job, upload}) => job ? !hasEnded(job) : !upload.error).length;
  }

  get isUploading() {
    return [...this.#uploads.values()].some(({isOpen}) => isOpen);
  }

  // Follows the gateway's jobs until `signal` is aborted. Errors: as `follow`.
  async watch(signal) {
    let isFirst = true;
    const begin = () => {
      isFirst = true;
    };
    await follow('/v1/jobs:watch', {}, {signal, begin, take: ({jobs, deleted}) => {
      this.hasOlder ||= this.#jobs.size === 0 && jobs.length >= kWatched;
      if (isFirst) this.#forgetOthers(jobs);
      isFirst = false;
      for (const job of jobs) this.#take(job);
      for (const id of deleted) this.#forget(id);
      this.onChange();
    }});
  }

  // A watch begins with the newest jobs, and older ones only where they go on. What was deleted while
  // nobody watched it does not tell.
  #forgetOthers(newest) {
    const told = new Set(newest.map(({id}) => id));
    const last = newest[kWatched - 1];  // undefined: these are all
    for (const [id, {createdNs}] of this.#jobs) {
      const isTold = told.has(id) || (last && BigInt(createdNs) < BigInt(last.createdNs));
      if (!isTold) this.#forget(id);
    }
  }

  #take(job) {
    const before = this.#jobs.get(job.id);
    this.#jobs.set(job.id, job);
    if (before && !hasEnded(before) && hasEnded(job)) this.onEnd(job);
  }

  // Asks for the next hundred; the first ones are those that a watch told. Errors: as `ask`.
  async loadOlder() {
    for (let isNew = false; !isNew && this.hasOlder;) {
      const {jobs, nextPageToken} = await ask('/v1/jobs', {pageToken: this.olderToken});
      const unknown = jobs.filter(({id}) => !this.#jobs.has(id));  // what is known may be newer
      for (const job of unknown) this.#jobs.set(job.id, job);
      isNew = unknown.length > 0;
      this.olderToken = nextPageToken;
      this.hasOlder = nextPageToken !== '';
    }
    this.onChange();
  }

  #forget(id) {
    this.#jobs.delete(id);
    if (!this.#uploads.get(id)?.isOpen) this.#uploads.delete(id);
  }

  // Hands a capture in, behind those before it. `truthCsv` may be empty. Returns its id.
  add(file, truthCsv) {
    const upload = new Upload(newId(file.name), file, truthCsv, this.onChange);
    this.#uploads.set(upload.id, upload);
    this.#queue = this.#queue.then(() => upload.run()).catch(({message}) => upload.fail(message));
    this.onChange();
    return upload.id;
  }

  // Errors, of both: as `ask`.
  async cancel(id) {
    this.#uploads.get(id)?.cancel();
    try {
      const {job} = await ask(`/v1/jobs/${encodeURIComponent(id)}:cancel`, {}, {method: 'POST'});
      this.#jobs.set(id, job);
    } catch (error) {
      if (error.code !== 'NOT_FOUND') throw error;
      this.#forget(id);  // none of it was sent yet
    }
    this.onChange();
  }

  async remove(id) {
    try {
      if (this.#jobs.has(id)) {
        await ask(`/v1/jobs/${encodeURIComponent(id)}`, {}, {method: 'DELETE'});
      }
    } catch (error) {
      if (error.code !== 'NOT_FOUND') throw error;  // else somebody was quicker
    }
    this.#forget(id);
    this.onChange();
  }
}
