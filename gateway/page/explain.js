// Why a window was said to be what it was: its features, what each adds to the class's score
// (SHAP), and the classes' probabilities.

import {ApiError, ask, runParameters} from './api.js';
import {badge, button, el, facts, scrolling} from './dom.js';
import {capital, count, number, percent, signed, timeOfDay} from './format.js';

const kFirst = 12;  // features that are shown unless more are asked for

let schemas = null;  // by name, once asked for

// Units and formulas of a schema's features; empty where this gateway does not know it.
async function featuresOf(schema, signal) {
  schemas ??= ask('/schemas.json', {}, {signal}).catch(() => {
    schemas = null;
    return {schemas: []};
  });
  return (await schemas).schemas.find(({name}) => name === schema)?.features ?? [];
}

// What is known of a window: {verdict, classes, features: [{name, unit, formula, value,
// contributions}], baseScores, scores, why}. Without an explanation contributions are missing, and
// `why` says what the gateway said.
async function askExplanation(data, start, signal) {
  const at = data.ns(start);
  const {subject, model} = data.place;
  let answer = null;
  try {
    answer = await ask('/v1/explanation',
                       {...runParameters(data.place), subject, model, windowStartNs: at}, {signal});
  } catch (error) {
    if (!error.isAnswer) throw error;
    answer = await askVerdict(data, at, signal);
    answer.why = error.message;
  }
  const known = await featuresOf(answer.verdict.schema, signal);
  answer.features = answer.verdict.features.map((value, i) => ({
    name: known[i]?.name ?? `feature ${i + 1}`, unit: known[i]?.unit ?? '',
    formula: known[i]?.formula ?? '', value, ...answer.features?.[i],
  }));
  answer.classes = answer.classes?.length > 0 ? answer.classes : data.classes;
  return answer;
}

async function askVerdict(data, at, signal) {
  const {subject, model} = data.place;
  const {verdicts} = await ask('/v1/verdicts', {
    ...runParameters(data.place), subjects: subject, model, fromNs: at, toNs: at + 1n,
    pageSize: 1,
  }, {signal});
  if (verdicts.length > 0) return {verdict: verdicts[0]};
  throw new ApiError(404, {code: 'NOT_FOUND', message: 'This window is not stored any more.'});
}

// Of two classes the model has one score, the second's: the first is what the second is not.
function explainedClass(explanation) {
  const {classes, verdict} = explanation;
  return classes.length === 2 ? 1 : Math.max(0, classes.indexOf(verdict.class));
}

export class ExplainPanel {
  #calls = null;  // AbortController of what is asked for

  constructor({colourOf, close}) {
    this.colourOf = colourOf;
    this.body = el('div');
    const closeButton =
        button('×', close, {class: 'close', 'aria-label': 'Close the explanation'});
    this.element = el('section', {class: 'card', id: 'explanation', hidden: true,
                                  'aria-label': 'Explanation of a window'}, closeButton, this.body);
  }

  hide() {
    this.#calls?.abort();
    this.element.hidden = true;
  }

  // Errors: as `ask`.
  async show(data, start) {
    this.#calls?.abort();
    this.#calls = new AbortController();
    const {signal} = this.#calls;
    this.element.hidden = false;
    this.element.dataset.state = 'asking';
    try {
      const explanation = await askExplanation(data, start, signal);
      if (!signal.aborted) this.#draw(explanation, data, start, explainedClass(explanation));
    } catch (error) {
      if (signal.aborted || !error.isAnswer) throw error;
      this.body.replaceChildren(el('p', {class: 'warn'}, error.message));
    }
    if (!signal.aborted) this.element.dataset.state = 'shown';
  }

  #draw(explanation, data, start, classIndex) {
    const {verdict} = explanation;
    const redraw = (index) => this.#draw(explanation, data, start, index);
    this.body.replaceChildren(
        this.#heading(verdict), this.#facts(explanation, data, start),
        this.#classBars(explanation), ...this.#parts(explanation, classIndex, redraw));
  }

  #heading(verdict) {
    const time = `${timeOfDay(verdict.windowStartNs)} to ${timeOfDay(verdict.windowEndNs)}`;
    return el('h2', {}, `Window ${time}`, verdict.partial ? badge('partial', '', {
      title: 'It was closed early or lost samples: its features are those of the packets that ' +
          'were kept.',
    }) : null);
  }

  #facts({verdict}, data, start) {
    const state = data.stateAt(start);
    return facts([
      ['This window alone says', `${verdict.class}, ${percent(verdict.probability, 1)}`],
      ['After smoothing', state ? `${state.label}, ${percent(state.probability, 1)}` : ''],
      ['Model', `${verdict.model}, version ${verdict.version}`],
      ['Feature schema', verdict.schema],
    ]);
  }

  #classBars({verdict, classes}) {
    const bar = (name, i) => {
      const style = {'--share': verdict.probabilities[i] ?? 0,
                     '--swatch': `var(--${this.colourOf(name)})`};
      return el('li', {}, el('span', {}, name),
                el('span', {class: 'bar', style, 'aria-hidden': 'true'}),
                el('span', {class: 'value'}, percent(verdict.probabilities[i], 1)));
    };
    return el('ul', {class: 'bars', 'aria-label': 'Probabilities of the classes'},
              ...classes.map(bar));
  }

  #parts(explanation, classIndex, redraw) {
    const {features, why} = explanation;
    if (features.length === 0) {
      return [el('p', {class: 'small'}, 'Its features are not kept any more.')];
    }
    if (why !== undefined) {
      return [el('p', {class: 'small'}, `No explanation: ${why}`),
              this.#featureTable(features, null)];
    }
    const parts = features.map((feature) => ({
      ...feature, contribution: feature.contributions[classIndex] ?? 0,
    })).sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
    return [this.#scoreLine(explanation, classIndex), this.#classChoice(
        explanation, classIndex, redraw), this.#featureTable(parts, explanation, classIndex)];
  }

  #scoreLine({classes, baseScores, scores}, classIndex) {
    const name = classes[classIndex];
    const other = classes.length === 2 ? classes[0] : 'another class';
    return el('p', {class: 'how'}, `What each feature adds to the score of ${name}, in log odds: ` +
        `bars to the right speak for ${name}, to the left for ${other}. They go from `,
        el('b', {}, signed(baseScores[classIndex])), ' before any feature to ',
        el('b', {}, signed(scores[classIndex])), ' with all.');
  }

  #classChoice({classes}, classIndex, redraw) {
    if (classes.length <= 2) return '';
    const option = (name, i) => el('option', {value: i, selected: i === classIndex}, name);
    return el('label', {class: 'choice'}, 'Explain ',
              el('select', {on: {change: (event) => redraw(Number(event.target.value))}},
                 ...classes.map(option)));
  }

  #featureTable(features, explanation, classIndex) {
    const most = Math.max(...features.map(({contribution = 0}) => Math.abs(contribution)), 1e-9);
    const rows = features.map((feature, i) => this.#featureRow(feature, most, i >= kFirst &&
        explanation !== null));
    const headings = explanation ? ['Feature', 'Value', 'Adds', ''] : ['Feature', 'Value'];
    const head = el('tr', {}, ...headings.map((text) => el('th', {scope: 'col'}, text)));
    const caption = explanation ?
        `Features, what adds most to ${explanation.classes[classIndex]} first` : 'Features';
    const element = el('table', {class: `figures shap ${explanation ? '' : 'plain'}`},
                       el('caption', {class: 'unseen'}, caption), el('thead', {}, head),
                       el('tbody', {}, ...rows));
    const more = rows.some((row) => row.hidden) ?
        button(`Show all ${count(features.length)} features`, (event) => {
          for (const row of rows) row.hidden = false;
          event.target.remove();
        }) : null;
    return el('div', {}, scrolling(capital(caption), element), more);
  }

  #featureRow({name, unit, formula, value, contribution}, most, hidden) {
    const shown = unit === '1' || unit === '' ? number(value) : `${number(value)} ${unit}`;
    const cells = [el('th', {scope: 'row', title: formula}, name), el('td', {}, shown)];
    if (contribution !== undefined) {
      const style = {'--from': Math.min(0, contribution) / most,
                     '--size': Math.abs(contribution) / most};
      cells.push(el('td', {}, signed(contribution)),
                 el('td', {class: `shap-bar ${contribution < 0 ? 'against' : 'for'}`,
                           'aria-hidden': 'true'}, el('span', {style})));
    }
    return el('tr', {hidden, data: {feature: name, value, contribution: contribution ?? ''}},
              ...cells);
  }
}
