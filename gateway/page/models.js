// The page of models: what is loaded, what it was trained on and how it scored.

import {ask, repeat} from './api.js';
import {classColours} from './charts.js';
import {reportErrors} from './connection.js';
import {badge, el, facts, legend, scrolling, table} from './dom.js';
import {count, duration, plural, share} from './format.js';

const kSubjects = {
  SUBJECT_KIND_DEVICE: 'device', SUBJECT_KIND_CONVERSATION: 'conversation',
  SUBJECT_KIND_FLOW: 'flow', SUBJECT_KIND_DEVICE_MAC: 'device (by MAC)',
};

const kRefresh = 10000;  // ms; models are loaded while all runs

export class ModelsView {
  #over = null;
  #written = '';

  constructor() {
    this.body = el('div', {id: 'models'});
    this.element = el('div', {class: 'models-view'}, el('h1', {}, 'Models'), this.body);
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
    let parts = null, written = '';
    try {
      const {models} = await ask('/v1/models', {}, {signal: this.#over.signal});
      written = JSON.stringify(models);
      parts = () => models.length > 0 ? models.map(modelCard) :
          [el('p', {class: 'how'}, 'classify-svc has loaded no model.')];
    } catch (error) {
      if (!error.isAnswer) throw error;
      written = error.message;
      parts = () => [el('p', {class: 'note warning'},
                        el('strong', {}, 'The models cannot be told: '), error.message)];
    }
    if (written !== this.#written) this.body.replaceChildren(...parts());
    this.#written = written;
    this.element.dataset.loaded = 'true';
  }
}

function modelCard(model) {
  return el('section', {class: 'card model', data: {model: model.name, version: model.version}},
            el('h2', {}, model.name, badge(`version ${model.version}`, 'quiet')),
            el('p', {}, model.description), simulatedNote(model), specFacts(model),
            classesPart(model), evaluationPart(model), trainingPart(model), parametersPart(model));
}

function simulatedNote({trainingData}) {
  if (!trainingData.some(({simulated}) => simulated)) return null;
  return el('p', {class: 'note warning'}, el('strong', {}, 'Trained on simulated traffic. '),
            'Its figures say that the pipeline works, not how well it does on real traffic.');
}

function specFacts({spec, timeline}) {
  const length = Number(spec.lengthNs) / 1e9, hop = Number(spec.hopNs) / 1e9 || length;
  const protocols = spec.filter?.ipProtocols ?? [];
  return facts([
    ['Reads', `windows of ${duration(length)}${hop === length ? '' : `, every ${duration(hop)}`}`],
    ['Of a', kSubjects[spec.subject] ?? 'subject'],
    ['Packets', protocols.length === 0 ? 'all' :
        `IP ${protocols.map((p) => ({6: 'TCP', 17: 'UDP'}[p] ?? p)).join(', ')}`],
    ['Features', spec.schema],
    ['Timeline', timeline ? 'yes' : 'none: each window by itself'],
  ]);
}

function classesPart({classes}) {
  const colours = classColours(classes);
  return legend(classes.map((name, c) => ({text: name, colour: colours[c], kind: 'box'})));
}

// ---- how it scored ------------------------------------------------------------------------------

const optional = (value) => value === undefined ? '–' : share(value);
const kFigures = [
  ['Windows', ({rows}) => count(rows)], ['Window alone', ({accuracy}) => share(accuracy)],
  ['95 % interval', ({accuracyLow, accuracyHigh}) =>
      `${share(accuracyLow)} – ${share(accuracyHigh)}`],
  ['Live', ({forwardAccuracy}) => optional(forwardAccuracy)],
  ['Finished', ({viterbiAccuracy}) => optional(viterbiAccuracy)],
  ['Sure of itself', ({statedConfidence}) => optional(statedConfidence)],
  ['AUC', ({rocAuc}) => optional(rocAuc)], ['Log loss', ({logLoss}) => share(logLoss)],
];

function evaluationPart({evaluation}) {
  if (evaluation.length === 0) return el('p', {class: 'how'}, 'It was not evaluated.');
  const sorted = [...evaluation].sort((a, b) => a.leaks - b.leaks);  // stable
  const best = sorted.find(({leaks}) => !leaks);
  const row = (result) => ({
    cells: [el('span', {}, result.split, result.leaks ? badge('leaks') :
                badge('does not leak', 'good')), ...kFigures.map(([, of]) => of(result))],
    class: result.leaks ? 'leaks' : result === best ? 'best' : '',
    data: {split: result.split, leaks: result.leaks},
  });
  return el('div', {}, el('h3', {}, 'How it scored'), believe(best),
            scrolling('How it scored', table(['Split', ...kFigures.map(([name]) => name)],
                                             sorted.map(row))), classTable(best));
}

function believe(best) {
  if (!best) {
    return el('p', {class: 'note warning'}, el('strong', {}, 'Believe none of these figures: '),
              'every split leaks, so they say how much that flatters.');
  }
  return el('div', {class: 'note believe'}, el('span', {class: 'figure'}, share(best.accuracy)),
            el('span', {}, el('strong', {}, 'Believe this figure'),
               `: the share of windows rightly named that it had not seen, ${best.split}. A ` +
                   'split that leaks tested on neighbours of what it was trained on, which ' +
                   'flatters.'));
}

function classTable(best) {
  if (!best || best.classes.length === 0) return null;
  const headings = [`Class, ${best.split}`, 'Windows', 'Precision', 'Recall', 'F1'];
  return scrolling('By class', table(headings,
      best.classes.map(({name, rows, precision, recall, f1}) => [
        name, count(rows), share(precision), share(recall), share(f1)])));
}

// ---- where it comes from ------------------------------------------------------------------------

function trainingPart({trainingData}) {
  const row = ({name, rows, source, simulated, truthName, leftOut, sha256}) => [
    el('span', {title: `SHA-256 ${sha256}`}, name, simulated ? badge('simulated') : null),
    plural(rows, 'window'), source || '–', truthName || 'in the table',
    Number(leftOut) > 0 ? count(leftOut) : '–'];
  return el('div', {}, el('h3', {}, 'Trained on'), scrolling('Training data', table(
      ['Data', 'Windows', 'Source', 'Truth', 'Left out'], trainingData.map(row), {
        class: 'figures words'})));
}

function parametersPart({parameters, schemaHash}) {
  const rows = [['schema hash', schemaHash], ...Object.entries(parameters).sort()];
  return el('details', {class: 'numbers'}, el('summary', {}, 'Parameters'),
            scrolling('Parameters', table(['Parameter', 'Value'], rows)));
}
