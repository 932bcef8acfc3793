'use strict';

// Pieces of the page. Text from the data only ever becomes text here, never HTML.

// An element; children are elements or text. `data` and `style` set data-* and custom properties.
function el(name, {data = {}, style = {}, ...attributes} = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  Object.assign(element.dataset, data);
  for (const [key, value] of Object.entries(style)) element.style.setProperty(key, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// ---- numbers for people -------------------------------------------------------------------------

const share = (value) => Number.isFinite(value) ? value.toFixed(3) : '–';
const count = (value) => value.toLocaleString('en');
const interval = ([low, high]) => `${share(low)} – ${share(high)}`;
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// Without its middle: names often differ at their end.
function shortened(text, length) {
  if (text.length <= length) return text;
  const end = Math.floor(length / 2);
  return `${text.slice(0, length - 1 - end)}…${text.slice(-end)}`;
}

function seconds(value) {
  if (value >= 1) return `${+value.toPrecision(3)} s`;
  if (value >= 1e-3) return `${+(value * 1e3).toPrecision(3)} ms`;
  return `${+(value * 1e6).toPrecision(3)} µs`;
}

// ---- tables -------------------------------------------------------------------------------------

// Rows are arrays of cells: text, or {text, data} where a program is to find it.
function table(headings, rows) {
  const head = el('tr', {}, ...headings.map((text) => el('th', {scope: 'col'}, text)));
  return el('table', {class: 'figures'}, el('thead', {}, head),
            el('tbody', {}, ...rows.map(tableRow)));
}

function tableRow(row) {
  const {cells, ...attributes} = Array.isArray(row) ? {cells: row} : row;
  const cell = (content, i) => {
    const {content: inside, ...cellAttributes} = content?.content ? content : {content};
    const name = i === 0 ? 'th' : 'td';
    return el(name, i === 0 ? {scope: 'row', ...cellAttributes} : cellAttributes, inside);
  };
  return el('tr', attributes, ...cells.map(cell));
}

const scrolling = (label, child) =>
    el('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label}, child);

// The figures of a chart, for who cannot see it or wants to copy them.
function numbers(headings, rows) {
  return el('details', {class: 'numbers'}, el('summary', {}, 'The figures as a table'),
            scrolling('The figures as a table', table(headings, rows)));
}

// ---- legends and splits -------------------------------------------------------------------------

// Entries {text, colour, kind}: colour is a custom property of report.css, kind one of its swatches
// or else a sign to draw.
function legend(entries) {
  const item = ({text, colour, kind}) => {
    const isDrawn = ['box', 'hatch', 'line', 'dash', 'shade'].includes(kind);
    const swatch = el('span', {
      class: `swatch ${isDrawn ? kind : ''}`,
      'aria-hidden': 'true',
      style: {'--swatch': `var(--${colour})`},
    }, isDrawn ? '' : kind);
    return el('li', {}, swatch, text);
  };
  return el('ul', {class: 'legend'}, ...entries.map(item));
}

const badge = (text, kind = '') => el('span', {class: `badge ${kind}`}, text);

// A model's name with badges; of "naive Bayes, scaled by all rows" the second part small below.
function named(title, ...badges) {
  const [name, ...rest] = title.split(', ');
  return el('span', {}, name, ...badges,
            rest.length === 0 ? null : el('small', {}, rest.join(', ')));
}

// One part for each split: those that do not leak stand open, the others are folded up. Where all
// leak, the first stands open.
function splitParts(splits, content) {
  const anyHonest = splits.some((split) => !split.leaks);
  return splits.map((split, i) => {
    const open = anyHonest ? !split.leaks : i === 0;
    const title = [capital(split.title), split.leaks ? badge('leaks') : null];
    const head = open ? el('h3', {}, ...title) : el('summary', {}, ...title);
    return el(open ? 'div' : 'details', {class: 'split'}, head, ...content(split));
  });
}
