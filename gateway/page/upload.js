// A capture on its way to the gateway.

import {ask, errorOf, mayPass, pause, pauseOf, urlOf} from './api.js';
import {connectionBack} from './connection.js';
import {askForToken, token} from './token.js';

// ms that an upload is tried in vain. A gateway holds a connection that broke without a word for
// 60,000, and takes no other one for the job meanwhile (ABORTED).
const kPatience = 90000;
const kShort = 10000;  // ms; what goes on for longer before it fails was not in vain

// One capture on its way to the gateway. The browser reads the file as it sends it, so its size
// does not matter.
export class Upload {
  #inVainFrom = 0;  // by performance.now()

  constructor(id, file, truthCsv, onChange) {
    Object.assign(this, {id, file, truthCsv, onChange});
    this.began = Date.now();
    this.sent = 0;        // bytes of the file
    this.state = 'waits';  // then sends, sent, failed or cancelled
    this.error = '';
    this.request = null;
  }

  get isOpen() {
    return ['waits', 'sends'].includes(this.state);
  }

  cancel() {
    this.#end('cancelled');
    this.request?.abort();
  }

  fail(error) {
    this.#end('failed', error);
  }

  // Resolves when all is there, or cannot be. A connection that breaks is gone on with.
  async run() {
    if (this.state !== 'waits') return;
    this.state = 'sends';
    for (let failures = 0; this.isOpen;) {
      const began = performance.now();
      try {
        const received = failures === 0 ? null : await this.#received();
        if (this.isOpen) await this.#send(received);
        this.#end('sent');
      } catch (error) {
        const now = performance.now();
        if (failures === 0 || now - began > kShort) this.#inVainFrom = now;
        if (this.isOpen) await this.#meet(error, ++failures);
      }
    }
  }

  async #meet(error, failures) {
    if (error.status === 401) return askForToken(error.message);
    if (error.isAnswer && !mayPass(error) && error.code !== 'ABORTED') {
      return this.fail(error.message);
    }
    if (!error.isAnswer && !await this.#isReadable()) {
      return this.fail(`${this.file.name} was changed or removed; hand it in again`);
    }
    if (performance.now() - this.#inVainFrom > kPatience) return this.fail(error.message);
    await pause(pauseOf(failures));
    await this.#connected();
  }

  async #isReadable() {
    try {
      await this.file.slice(0, 1).arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }

  // Resolves when there is a connection; the time without one is nobody's fault.
  async #connected() {
    const began = performance.now();
    await ask('/v1/runs').catch(() => {});  // an answer is one, whatever it says
    this.#inVainFrom += performance.now() - began;
  }

  #end(state, error = '') {
    if (!this.isOpen) return;
    Object.assign(this, {state, error});
    this.onChange();
  }

  // Bytes that the gateway has, of what was sent before; null where it knows nothing of it. A job
  // that takes no more has all of them, or tells by itself what became of it.
  async #received() {
    try {
      const {job} = await ask(`/v1/jobs/${this.id}`);
      if (job.state !== 'JOB_STATE_UPLOADING') this.#end('sent');
      return Number(job.receivedBytes);
    } catch (error) {
      if (error.code === 'NOT_FOUND') return null;
      throw error;
    }
  }

  #send(received) {
    const offset = received ?? 0;
    const path = `/v1/jobs/${this.id}`;
    const parameters = {name: this.file.name, totalBytes: this.file.size};
    this.request = new XMLHttpRequest();
    this.request.open('PUT', urlOf(path, parameters));
    if (token()) this.request.setRequestHeader('Authorization', `Bearer ${token()}`);
    if (received !== null) this.request.setRequestHeader('Upload-Offset', String(offset));
    const answered = this.#answered(offset);
    if (received === null && this.truthCsv !== '') {
      const form = new FormData();  // the truth is too long for a URL
      form.append('truth', this.truthCsv);
      form.append('capture', this.file);
      this.request.send(form);
    } else {
      this.request.send(this.file.slice(offset));
    }
    return answered;
  }

  #answered(offset) {
    const {request} = this;
    return new Promise((resolve, reject) => {
      request.upload.onprogress = ({loaded}) => {
        this.sent = Math.min(offset + loaded, this.file.size);
        this.onChange();
      };
      request.onload = async () => {
        connectionBack();
        const answer = new Response(request.responseText, {status: request.status});
        if (answer.ok) return resolve();
        reject(await errorOf(answer));
      };
      request.onerror = () => reject(new Error('the connection broke'));
      request.onabort = () => reject(new Error('cancelled'));
    });
  }
}
