// The incidents that the page knows: those of the gateway as it tells them, and older ones on request.

import {ask} from './api.js';
import {follow} from './events.js';

const kPage = 100;
const kStoreIsAnother = ['ABORTED', 'OUT_OF_RANGE'];

const sameKind = (a, b) =>
    ['origin', 'run', 'subject', 'kind'].every((name) => a[name] === b[name]);

// One takes in what it overlaps of its kind, which the gateway has no more.
const overlaps = (a, b) => sameKind(a, b) && BigInt(a.fromNs) < BigInt(b.toNs) &&
    BigInt(b.fromNs) < BigInt(a.toNs);

export class IncidentsModel {
  #incidents = new Map();  // number -> Incident
  #olderToken = '';
  #hasListed = false;

  // `onChange` is called after each change, `onFound` with an incident that was found by now.
  constructor(onChange, onFound = () => {}) {
    this.onChange = onChange;
    this.onFound = onFound;
  }

  // The newest first.
  get all() {
    const order = (a, b) => Number(BigInt(b.fromNs) - BigInt(a.fromNs)) || b.number - a.number;
    return [...this.#incidents.values()].sort(order);
  }

  get hasListed() {
    return this.#hasListed;
  }

  get hasOlder() {
    return this.#olderToken !== '';
  }

  // Follows the gateway's incidents until `signal` is aborted. Errors: as `follow`.
  async watch(signal) {
    for (;;) {
      this.#forget();
      try {
        return await this.#follow(signal);
      } catch (error) {
        if (!kStoreIsAnother.includes(error.code)) throw error;
      }
    }
  }

  // The stream begins, then what was before is asked for: nothing lies between the two.
  async #follow(signal) {
    let begin = null;
    const begun = new Promise((resolve) => {
      begin = resolve;
    });
    const following = follow('/v1/incidents:watch', {}, {signal, take: ({incidents}) => {
      begin();
      for (const incident of incidents) this.#take(incident, this.#hasListed);
      this.onChange();
    }});
    await Promise.race([begun, following]);
    await Promise.all([this.loadOlder(signal), following]);
  }

  // Asks for the next hundred. Errors: as `ask`.
  async loadOlder(signal) {
    const {incidents, nextPageToken} = await ask(
        '/v1/incidents', {pageSize: kPage, pageToken: this.#olderToken}, {signal});
    for (const incident of incidents) this.#take(incident, false);
    this.#olderToken = nextPageToken;
    this.#hasListed = true;
    this.onChange();
  }

  #take(incident, isNews) {
    const known = this.#incidents.get(incident.number);
    if (known && Number(known.revision) >= Number(incident.revision)) return;
    for (const [number, other] of this.#incidents) {
      if (number !== incident.number && overlaps(incident, other)) this.#incidents.delete(number);
    }
    this.#incidents.set(incident.number, incident);
    if (isNews && !known) this.onFound(incident);
  }

  #forget() {
    this.#incidents.clear();
    this.#olderToken = '';
    this.#hasListed = false;
  }
}
