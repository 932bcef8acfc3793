// A run as a whole: when it was, and where each of its packets went.

import {el, facts, rewrite, scrolling, table} from './dom.js';
import {between, count, dateAndSeconds, percent, since} from './format.js';
import {incidentTable} from './incidents.js';

const kWords = {
  not_ip: 'not IP', not_data: '802.11 management and control', unsupported: 'unsupported link type',
  cut_short: 'cut short before the addresses', not_asked: 'no loaded model wants it',
};

// [what became of them, packets], in the order of the identity of an Accounting.
function wentTo(accounting) {
  return [
    ['windowed', accounting.windowed, 'in at least one window'],
    ...accounting.filtered.map(({reason, packets}) => [
      'filtered', packets, `left out: ${kWords[reason] ?? reason}`]),
    ['malformed', accounting.malformed, 'malformed'],
    ['late', accounting.late, 'late: older than the watermark'],
    ['shed', accounting.shed, 'shed: dropped on purpose because of overload'],
    ['pending', accounting.pending, 'pending: not decided yet'],
  ];
}

export class RunOverview {
  #written = '';
  #run = null;

  constructor() {
    this.element = el('div', {class: 'run-overview'});
    this.incidents = el('section', {class: 'card', id: 'run-incidents', hidden: true});
  }

  // The newest few of the run.
  drawIncidents(incidents) {
    this.incidents.hidden = incidents.length === 0;
    rewrite(this.incidents, el('h2', {}, 'Newest incidents'),
            el('p', {class: 'how'}, el('a', {href: '#/incidents'}, 'All incidents')),
            incidentTable(incidents));
  }

  draw(run, name) {
    const written = JSON.stringify([run, name]);
    if (written === this.#written) return;
    this.#written = written;
    if (this.#run !== run) this.incidents.hidden = true;  // another run's
    this.#run = run;
    this.element.replaceChildren(
        el('p', {class: 'overline'}, run.ended ? 'run, ended' : 'run, live'), el('h1', {}, name),
        el('p', {class: 'how'}, 'Choose a subject to see its timeline.'),
        facts(this.#facts(run)), this.incidents, this.#packets(run.accounting ?? {}));
  }

  #facts(run) {
    const hasPackets = run.firstPacketNs !== '0';
    return [
      ['Origin', run.origin],
      ['Run', run.run],
      ['First packet', hasPackets ? dateAndSeconds(run.firstPacketNs) : 'none yet'],
      ['Stored up to', hasPackets ? dateAndSeconds(run.watermarkNs) : ''],
      ['Lasts', hasPackets ? between(run.firstPacketNs, run.watermarkNs) : ''],
      ['Behind the clock', run.ended || !hasPackets ? '' : since(run.watermarkNs)],
      ['Incomplete', run.incomplete],
    ];
  }

  #packets(accounting) {
    const received = Number(accounting.received ?? 0);
    const rows = wentTo({filtered: [], ...accounting})
        .filter(([, packets]) => Number(packets ?? 0) > 0)
        .map(([, packets, words]) => [words, count(packets), percent(packets / received, 1)]);
    const {kernelDroppedPackets = 0, interfaceDroppedPackets = 0} = accounting.loss ?? {};
    const lost = Number(kernelDroppedPackets) + Number(interfaceDroppedPackets);
    return el('section', {class: 'card'}, el('h2', {}, 'Where every packet went'),
              el('p', {class: 'how'}, `${count(received)} received; ` + (lost === 0 ?
                  'none was lost before.' : `before that, ${count(kernelDroppedPackets)} were ` +
                  `dropped by the kernel and ${count(interfaceDroppedPackets)} by the interface.`)),
              scrolling('Packets', table(['Packets', 'Count', 'Share'], rows)));
  }
}
