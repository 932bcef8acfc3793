// Pieces of the page. Text that comes over the network only ever becomes text here, never HTML.

// An element; children are elements or text, and what is null is left out. `data` and `style` set
// data-* and properties of the style, `on` listens to events. Attributes that are true or false are
// there or not.
export function el(name, {data = {}, style = {}, on = {}, ...attributes} = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'boolean') {
      element.toggleAttribute(key, value);
    } else {
      element.setAttribute(key, value);
    }
  }
  Object.assign(element.dataset, data);
  for (const [key, value] of Object.entries(style)) element.style.setProperty(key, value);
  for (const [event, handler] of Object.entries(on)) element.addEventListener(event, handler);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const byId = (id) => document.getElementById(id);

export const button = (text, handler, attributes = {}) =>
    el('button', {type: 'button', on: {click: handler}, ...attributes}, text);

export const badge = (text, kind = '', attributes = {}) =>
    el('span', {class: `badge ${kind}`, ...attributes}, text);

// Sets a text only where it changes: readers of the page are told once.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Makes what is inside an element like `wanted`. What is there stays where it is alike, and with it
// the focus, how far it is scrolled and what is unfolded. For elements that nobody listens to.
export function rewrite(element, ...wanted) {
  const before = [...element.childNodes];
  for (const [i, node] of wanted.entries()) {
    const old = before[i];
    if (!old) {
      element.append(node);
    } else if (old.nodeName !== node.nodeName) {
      old.replaceWith(node);
    } else if (node.nodeType === Node.TEXT_NODE) {
      if (old.data !== node.data) old.data = node.data;
    } else {
      rewriteAttributes(old, node);
      rewrite(old, ...node.childNodes);
    }
  }
  for (const node of before.slice(wanted.length)) node.remove();
}

function rewriteAttributes(old, node) {
  for (const {name} of [...old.attributes]) {
    if (name !== 'open' && !node.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const {name, value} of node.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

// ---- tables -------------------------------------------------------------------------------------

// A row is an array of cells, each text, an element or {content, ...attributes}; or {cells,
// ...attributes}.
function tableRow(row) {
  const {cells, ...attributes} = Array.isArray(row) ? {cells: row} : row;
  const cell = (content, i) => {
    const isPlain = typeof content !== 'object' || content === null || content instanceof Node;
    const {content: inside, ...others} = isPlain ? {content} : content;
    return i === 0 ? el('th', {scope: 'row', ...others}, inside) : el('td', others, inside);
  };
  return el('tr', attributes, ...cells.map(cell));
}

export function table(headings, rows, attributes = {}) {
  const head = el('tr', {}, ...headings.map((text) => el('th', {scope: 'col'}, text)));
  return el('table', {class: 'figures', ...attributes}, el('thead', {}, head),
            el('tbody', {}, ...rows.map(tableRow)));
}

// What is wider than the page scrolls by itself, by keyboard too.
export const scrolling = (label, ...children) =>
    el('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label}, ...children);

// The figures of a chart, for who cannot see it or wants to copy them.
export const numbers = (headings, rows, title = 'The figures as a table') =>
    el('details', {class: 'numbers'}, el('summary', {}, title),
       scrolling(title, table(headings, rows)));

// Pairs of a name and what it is.
export const facts = (pairs) => el('dl', {class: 'facts'},
    ...pairs.filter(([, value]) => value !== null && value !== '')
        .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));

// ---- legends ------------------------------------------------------------------------------------

// Entries {text, colour, kind}: colour is a custom property of theme.css, kind one of its swatches.
export function legend(entries) {
  const item = ({text, colour, kind}) => {
    const style = {'--swatch': `var(--${colour})`};
    return el('li', {}, el('span', {class: `swatch ${kind}`, 'aria-hidden': 'true', style}), text);
  };
  return el('ul', {class: 'legend'}, ...entries.map(item));
}
