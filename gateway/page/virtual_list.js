// A list of any length, of which only what is in view is in the document. It has the focus as a
// whole: arrow keys move within it, Enter chooses.

import {el} from './dom.js';

const kBeyond = 4;  // rows above and below what is in view

export class VirtualList {
  #items = [];
  #rows = new Map();  // key -> {element, item}
  #active = null;     // key
  #rowHeight = 0;     // px, as the reader's size of text has it now

  // `rowHeight` is in rem. `row(item, element)` fills an element for an item, once and whenever the item is another
  // object; `keyOf(item)` is its name, `hrefOf(item)` where it leads.
  constructor({label, id, rowHeight, row, keyOf, hrefOf}) {
    Object.assign(this, {id, rowHeight, row, keyOf, hrefOf});
    this.spacer = el('div', {class: 'spacer', role: 'presentation'});
    this.element = el('div', {class: 'list', id, role: 'listbox', tabindex: 0, 'aria-label': label},
                      this.spacer);
    this.element.addEventListener('scroll', () => this.#draw(), {passive: true});
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
    this.element.addEventListener('focus', () => this.#showActive());
    this.element.addEventListener('mousedown', (event) => {
      event.preventDefault();  // the focus stays with the list
      this.element.focus({preventScroll: true});
    });
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  get items() {
    return this.#items;
  }

  set items(items) {
    this.#items = items;
    this.#draw();
  }

  // The item that is chosen, by key.
  set chosen(key) {
    this.chosenKey = key;
    this.#active = key;
    this.#draw();
  }

  // Brings the chosen one into view.
  reveal() {
    const at = this.#indexOf(this.chosenKey);
    if (at >= 0) this.#scrollTo(at);
  }

  #indexOf(key) {
    return this.#items.findIndex((item) => this.keyOf(item) === key);
  }

  get #inView() {
    const {scrollTop, clientHeight} = this.element;
    const first = Math.floor(scrollTop / this.#rowHeight);
    const last = Math.ceil((scrollTop + clientHeight) / this.#rowHeight);
    return {first: Math.max(0, first), last: Math.min(this.#items.length, last)};
  }

  #draw() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.#rowHeight = this.rowHeight * rem;
    this.spacer.style.height = `${this.#items.length * this.#rowHeight}px`;
    const {first, last} = this.#inView;
    const begin = Math.max(0, first - kBeyond), end = last + kBeyond;
    const kept = new Map();
    this.#items.slice(begin, end).forEach((item, i) => {
      kept.set(this.keyOf(item), this.#rowOf(item, begin + i));
    });
    for (const [key, {element}] of this.#rows) {
      if (!kept.has(key)) element.remove();
    }
    this.#rows = kept;
    this.#markActive();
  }

  #rowOf(item, index) {
    const key = this.keyOf(item);
    const row = this.#rows.get(key) ?? {element: this.#newRow(), item: null};
    if (row.item !== item) {
      row.element.href = this.hrefOf(item);
      this.row(item, row.element);
      row.item = item;
    }
    row.element.style.transform = `translateY(${index * this.#rowHeight}px)`;
    row.element.setAttribute('aria-posinset', index + 1);
    row.element.setAttribute('aria-setsize', this.#items.length);
    row.element.id = `${this.id}-${index}`;
    row.element.setAttribute('aria-selected', key === this.chosenKey);
    if (!row.element.isConnected) this.spacer.append(row.element);
    return row;
  }

  #newRow() {
    return el('a', {role: 'option', tabindex: -1, class: 'list-row'});
  }

  // ---- keyboard -------------------------------------------------------------------------------

  #markActive() {
    for (const [key, {element}] of this.#rows) {
      element.classList.toggle('active', key === this.#active);
    }
    const id = this.#rows.get(this.#active)?.element.id ?? null;
    if (this.element.getAttribute('aria-activedescendant') === id) return;  // told once
    if (id === null) {
      this.element.removeAttribute('aria-activedescendant');
    } else {
      this.element.setAttribute('aria-activedescendant', id);
    }
  }

  #showActive() {
    if (this.#indexOf(this.#active) < 0 && this.#items.length > 0) {
      this.#active = this.keyOf(this.#items[this.#inView.first]);
    }
    this.#markActive();
  }

  #onKey(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#rowHeight) - 1);
    const last = this.#items.length - 1;
    const at = this.#indexOf(this.#active);
    const to = {ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0,
                End: last}[event.key];
    if (event.key === 'Enter' && at >= 0) {
      event.preventDefault();
      this.#moveTo(at);  // it may have been scrolled out of view
      this.#rows.get(this.#active).element.click();
    } else if (to !== undefined && last >= 0) {
      event.preventDefault();
      this.#moveTo(Math.max(0, Math.min(to, last)));
    }
  }

  #moveTo(index) {
    this.#active = this.keyOf(this.#items[index]);
    this.#scrollTo(index);
    this.#draw();
  }

  #scrollTo(index) {
    const top = index * this.#rowHeight, bottom = top + this.#rowHeight;
    const {scrollTop, clientHeight} = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    if (bottom > scrollTop + clientHeight) this.element.scrollTop = bottom - clientHeight;
  }
}
