// A capture on its way to the gateway.

import {ask, errorOf, pause, pauseOf, urlOf} from './api.js';
import {connectionBack, connectionLost} from './connection.js';
import {askForToken, token} from './token.js';

const kMostFailures = 5;  // in a row, without a byte that went over

// One capture on its way to the gateway. The browser reads the file as it sends it, so its size
// does not matter.
export class Upload {
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

  // Resolves when all is there, or cannot be. A connection that breaks is gone on with.
  async run() {
    if (this.state !== 'waits') return;
    this.state = 'sends';
    for (let failures = 0, sent = 0; this.isOpen;) {
      try {
        await this.#send(await this.#received());
        this.#end('sent');
      } catch (error) {
        if (!this.isOpen) return;
        failures = this.sent > sent ? 1 : failures + 1;
        sent = this.sent;
        await this.#meet(error, failures);
      }
    }
  }

  async #meet(error, failures) {
    if (error.status === 401) return askForToken(error.message);
    if (error.isAnswer && error.status !== 503) return this.#end('failed', error.message);
    if (failures > kMostFailures) {
      return this.#end('failed', `${error.message}; the file may have been changed or removed`);
    }
    connectionLost();
    await pause(pauseOf(failures));
    await ask('/v1/runs');  // resolves when there is a connection again
  }

  #end(state, error = '') {
    if (!this.isOpen) return;
    Object.assign(this, {state, error});
    this.onChange();
  }

  // Bytes that the gateway has, of what was sent before; null where it knows nothing of it.
  async #received() {
    if (this.sent === 0) return null;
    try {
      const {job} = await ask(`/v1/jobs/${this.id}`);
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
