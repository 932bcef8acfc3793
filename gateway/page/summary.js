// How much of the time a subject was in which class, by hours or days of the reader's time zone.

import {ask, runParameters} from './api.js';
import {axis, colour} from './charts.js';
import {reportErrors} from './connection.js';
import {el, legend, numbers} from './dom.js';
import {count, day, kHourNs, milliseconds, percent, plural, two} from './format.js';

const kMostGap = 48;  // hours or days without anything that are drawn as empty; longer ones are cut

export class Summary {
  constructor({colourOf}) {
    this.colourOf = colourOf;
    this.step = 'hour';
    this.isOfAllRuns = false;
    this.chart = null;
    this.canvas = el('canvas', {role: 'img'});
    this.body = el('div');
    this.element = el('section', {class: 'card', id: 'summary'}, el('h2', {}, 'Share of the time'),
                      el('p', {class: 'how'}, 'What the model said of each window alone, before ' +
                         'any smoothing, in your time zone.'), this.#controls(), this.body);
  }

  // Errors: as `ask`.
  async load(data, signal) {
    this.data = data;
    this.signal = signal;
    const {subject, model} = data.place;
    const {step, isOfAllRuns} = this;
    const {rows} = await ask('/v1/summary', {
      ...(isOfAllRuns ? {} : runParameters(data.place)), subject, model, step,
      utcOffsetMinutes: -new Date(milliseconds(data.run.watermarkNs)).getTimezoneOffset(),
    }, {signal});
    if (step !== this.step || isOfAllRuns !== this.isOfAllRuns) return;  // another was asked for
    const isNew = JSON.stringify(rows) !== JSON.stringify(this.rows);
    this.rows = rows;
    if (isNew) this.draw();
  }

  close() {
    this.chart?.destroy();
  }

  draw() {
    if (!this.rows) return;
    const wasOpen = this.body.querySelector('details')?.open === true;
    this.chart?.destroy();
    const windows = this.rows.reduce((sum, row) => sum + Number(row.windows), 0);
    const classes = this.data.classes;
    const names = labels(this.rows, this.step);
    const totals = classes.map((name) => this.rows.reduce(
        (sum, row) => sum + windowsOf(row, name), 0));
    this.canvas.setAttribute('aria-label', `Bars: share of each class by ${this.step}; the ` +
        'figures are in the table below');
    const table = numbers([this.step === 'hour' ? 'Hour' : 'Day', 'Windows', ...classes],
                          this.rows.map((row, i) => [
                            names[i], count(row.windows),
                            ...classes.map((name) => percent(shareOf(row, name), 1))]));
    table.open = wasOpen;
    this.body.replaceChildren(
        legend(classes.map((name, c) => ({
          text: `${name}: ${percent(windows ? totals[c] / windows : NaN, 1)} of all`,
          colour: this.colourOf(name), kind: 'box',
        }))),
        el('div', {class: 'chart summary-chart'}, this.canvas), table);
    this.chart = new Chart(this.canvas, this.#config());
  }

  #controls() {
    const choice = (text, isChosen, choose) => el('label', {},
        el('input', {type: 'radio', name: 'summary-step', checked: isChosen,
                     on: {change: choose}}), ` ${text}`);
    const reload = () => reportErrors(this.load(this.data, this.signal));
    const all = el('input', {type: 'checkbox', on: {change: (event) => {
      this.isOfAllRuns = event.target.checked;
      reload();
    }}});
    return el('div', {class: 'controls', role: 'group', 'aria-label': 'Steps'},
              ...['hour', 'day'].map((step) => choice(`by ${step}`, step === this.step, () => {
                this.step = step;
                reload();
              })),
              el('label', {}, all, ' all runs'));
  }

  #config() {
    const bars = filledRows(this.rows, this.step);
    const {classes} = this.data;
    return {
      type: 'bar',
      data: {
        labels: labels(bars, this.step),
        datasets: classes.map((name) => ({
          label: name, data: bars.map((row) => row.windows ? shareOf(row, name) : null),
          backgroundColor: colour(this.colourOf(name)), maxBarThickness: 56,
          categoryPercentage: 0.9, barPercentage: 0.95,
        })),
      },
      options: {
        interaction: {mode: 'index', intersect: false},
        plugins: {tooltip: {callbacks: {
          label: ({dataset, raw}) => `${dataset.label}: ${percent(raw, 1)}`,
          footer: ([item]) => plural(bars[item.dataIndex].windows ?? 0, 'window'),
        }}},
        scales: {
          x: axis('', {stacked: true, grid: {display: false},
                       ticks: {maxRotation: 0, autoSkipPadding: 12}}),
          y: axis('', {stacked: true, min: 0, max: 1,
                       ticks: {stepSize: 0.25, callback: (value) => percent(value)}}),
        },
      },
    };
  }
}

const windowsOf = (row, name) =>
    Number(row.classes.find((each) => each.class === name)?.windows ?? 0);
const shareOf = (row, name) => windowsOf(row, name) / Number(row.windows);

// What rows are called, with the year where that is not the same for all. Hours are those of UTC,
// which begin at another minute on some clocks. Days all have 24 hours: where the clock changed they
// begin an hour off midnight, and it is their noon that tells which day it is.
export function labels(rows, step) {
  const offset = step === 'day' ? 12n * kHourNs : 0n;
  const dates = rows.map(({fromNs}) => new Date(milliseconds(BigInt(fromNs) + offset)));
  const isOneYear = new Set(dates.map((date) => date.getFullYear())).size === 1;
  return dates.map((date) => {
    const name = isOneYear ? day(date).replace(/ \d+$/, '') : day(date);
    return step === 'day' ? name : `${name} ${two(date.getHours())}:${two(date.getMinutes())}`;
  });
}

// With empty rows where nothing was seen.
function filledRows(rows, step) {
  const length = step === 'day' ? 24n * kHourNs : kHourNs;
  return rows.flatMap((row, i) => {
    const gap = i === 0 ? 0n : (BigInt(row.fromNs) - BigInt(rows[i - 1].toNs)) / length;
    const missing = Number(gap < 0n ? 0n : gap);
    if (missing === 0 || missing > kMostGap) return [row];
    const empty = Array.from({length: missing}, (_, n) => ({
      fromNs: String(BigInt(rows[i - 1].toNs) + BigInt(n) * length), windows: 0, classes: [],
    }));
    return [...empty, row];
  });
}
