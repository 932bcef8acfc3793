// The page of incidents: when, how bad, what, which device and what it had, as they are found.

import {announce, reportErrors} from './connection.js';
import {badge, button, el, rewrite, scrolling, table} from './dom.js';
import {between, dateAndSeconds} from './format.js';
import {IncidentsModel} from './incidents_model.js';
import {runHash} from './route.js';

// By the enum's name: the word, and a badge's kind.
const kSeverities = {
  SEVERITY_HIGH: ['high', 'high'], SEVERITY_MEDIUM: ['medium', ''], SEVERITY_LOW: ['low', 'quiet'],
};
const kHeadings = ['From', 'Lasts', 'Severity', 'What', 'Device', 'What it had'];
const kAroundNs = 60000000000n;  // of the timeline, before and behind an incident

const severityOf = ({severity}) => kSeverities[severity] ?? kSeverities.SEVERITY_LOW;

// Where the device's timeline is, at that time.
function placeOf(incident) {
  const {subject, model, fromNs, toNs} = incident;
  return runHash(incident, {subject, model, from: String(BigInt(fromNs) - kAroundNs),
                            to: String(BigInt(toNs) + kAroundNs)});
}

function rowOf(incident) {
  const {number, revision, fromNs, toNs, kind, device, evidence, subject} = incident;
  const [word, look] = severityOf(incident);
  return {
    'class': 'incident', 'data-number': number, 'data-revision': revision, 'data-severity': word,
    cells: [
      dateAndSeconds(fromNs), between(fromNs, toNs), badge(word, look), kind,
      el('a', {href: placeOf(incident), title: `Timeline of ${subject}`}, device), evidence || '–',
    ],
  };
}

// Incidents as a table, in their order.
export const incidentTable = (incidents) =>
    scrolling('Incidents', table(kHeadings, incidents.map(rowOf), {class: 'figures incidents'}));

export class IncidentsView {
  #over = null;  // AbortController, while this page is shown
  #frame = 0;

  constructor() {
    this.model = new IncidentsModel(() => this.#drawSoon(), (incident) => announce(
        `${severityOf(incident)[0]} severity: ${incident.kind}, ${incident.device}`));
    this.none = el('p', {class: 'how', hidden: true},
                   'No incident yet. Models that report incidents tell here what they find.');
    this.list = el('div', {id: 'incidents'});
    this.older = button('Show older incidents', () => reportErrors(this.model.loadOlder()),
                        {hidden: true});
    this.element = el('div', {class: 'incidents-view'}, el('h1', {}, 'Incidents'),
                      el('p', {class: 'how'}, 'Windows of one kind about one device that belong ' +
                         'together, the newest first. They appear here as they are found, and ' +
                         'grow while they last.'), this.none, this.list, this.older);
  }

  show() {
    this.#over?.abort();
    this.#over = new AbortController();
    reportErrors(this.model.watch(this.#over.signal));
  }

  hide() {
    this.#over?.abort();
  }

  #drawSoon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const {all, hasListed, hasOlder} = this.model;
    this.none.hidden = !hasListed || all.length > 0;
    this.older.hidden = !hasOlder;
    rewrite(this.list, ...(all.length > 0 ? [incidentTable(all)] : []));
    this.element.dataset.loaded = String(hasListed);
  }
}
