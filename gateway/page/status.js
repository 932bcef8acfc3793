// The page of services: all replicas, how they fare, and the store.

import {ask, repeat} from './api.js';
import {reportErrors} from './connection.js';
import {badge, el, facts, numbers, rewrite, scrolling, setText, table} from './dom.js';
import {bytes, count, dateAndSeconds, nowNs, number, rate, since} from './format.js';
import {runHash} from './route.js';
import {alarmsOf, figuresOf} from './service_figures.js';

const kRefresh = 2000;  // ms
const kWhat = {
  'capture-svc': 'reads packets, parses their headers',
  'feature-svc': 'makes windows of features',
  'classify-svc': 'asks the models',
  'gateway': 'stores verdicts, answers people',
};

export class StatusView {
  #over = null;

  constructor() {
    this.overall = el('p', {class: 'note', role: 'status', id: 'overall'});
    this.services = el('div', {class: 'cards', id: 'services'});
    this.store = el('section', {class: 'card', id: 'store'});
    this.runs = el('section', {class: 'card', id: 'live-runs'});
    this.element = el('div', {class: 'status-view'}, el('h1', {}, 'Status'), this.overall,
                      this.services, this.runs, this.store);
  }

  show() {
    this.#over?.abort();
    this.#over = new AbortController();
    reportErrors(repeat(kRefresh, this.#over.signal, () => this.#load()));
  }

  hide() {
    this.#over?.abort();
  }

  async #load() {
    const {signal} = this.#over;
    const [status, {runs}] = await Promise.all([ask('/v1/status', {}, {signal}),
                                                ask('/v1/runs', {}, {signal})]);
    this.#drawRuns(runs.filter(({ended}) => !ended));
    this.#drawOverall(status.services);
    rewrite(this.services, ...status.services.map(serviceCard));
    this.#drawStore(status.store);
    this.element.dataset.loaded = 'true';
  }

  #drawOverall(services) {
    const ill = services.filter((service) => !service.serving);
    const named = ill.map(({service, address}) => `${service} at ${address || 'this address'}`);
    const kinds = Object.keys(kWhat).filter((name) => !services.some((s) => s.service === name));
    const missing = kinds.length === 0 ? '' :
        ` The gateway knows no address of ${kinds.join(' and ')}.`;
    this.overall.className = ill.length === 0 && kinds.length === 0 ? 'note' : 'note warning';
    const text = ill.length === 0 ? `All ${count(services.length)} processes serve.` :
        `${count(ill.length)} of ${count(services.length)} processes do not serve: ${
            named.join(', ')}.`;
    setText(this.overall, text + missing);
  }

  // How old the newest verdicts are of what is captured now.
  #drawRuns(runs) {
    this.runs.hidden = runs.length === 0;
    rewrite(this.runs, el('h2', {}, 'Runs that go on'), scrolling('Runs that go on', table(
        ['Origin', 'Run', 'Received', 'Not decided yet', 'Stored up to', 'Behind the clock'],
        runs.map((run) => [
          el('a', {href: runHash(run)}, run.origin),
          run.run, count(run.accounting?.received ?? 0),
          count(run.accounting?.pending ?? 0),
          run.watermarkNs === '0' ? '–' : dateAndSeconds(run.watermarkNs), behind(run)]))));
  }

  #drawStore(store) {
    rewrite(this.store, el('h2', {}, 'Store'), facts([
      ['File', store?.path],
      ['Size', store && `${bytes(store.bytes)}, of that ${bytes(store.freeBytes)} free`],
      ['Verdicts', store && `about ${count(store.verdicts)}`],
      ['Runs', store && count(store.runs)],
    ].filter(([, value]) => value)));
  }
}

// A capture that is played again is of another day.
function behind({watermarkNs}) {
  const isOfToday = nowNs() - BigInt(watermarkNs) < 86400000000000n;
  return isOfToday ? since(watermarkNs) : '–';
}

function stateOf({unavailable, serving}) {
  if (unavailable !== '') return badge('unavailable', '');
  return serving ? badge('serving', 'good') : badge('not serving', '');
}

function serviceCard(service) {
  const head = el('header', {}, el('h2', {}, service.service, stateOf(service)),
                  el('p', {class: 'small'}, kWhat[service.service] ?? ''));
  const attributes = {class: 'card service', data: {
    service: service.service, state: service.unavailable ? 'unavailable' :
        service.serving ? 'serving' : 'not serving',
  }};
  if (service.unavailable !== '') {
    return el('section', attributes, head, facts([['Address', service.address]]),
              el('p', {class: 'warn'}, service.unavailable));
  }
  const alarms = alarmsOf(service).map((text) => el('p', {class: 'warn'}, text));
  const metrics = numbers(['Metric', 'Value', 'Per second'],
                          service.metrics.map(metricRow), 'All metrics');
  return el('section', attributes, head, facts([
    ['Address', service.address || 'this gateway'], ['Version', service.version],
    ['Up for', el('span', {title: dateAndSeconds(service.startedNs)}, since(service.startedNs))],
    ...figuresOf(service),
  ]), ...alarms, metrics);
}

function metricRow({name, labels, value, perSecond}) {
  const text = Object.entries(labels).map(([key, of]) => `${key}=${of}`).join(', ');
  return [name + (text === '' ? '' : ` {${text}}`), number(value),
          perSecond === undefined ? '' : rate(perSecond, '').replace(' /s', '')];
}
