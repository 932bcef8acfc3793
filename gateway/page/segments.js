// The segments of a timeline as a table.

import {button, el, scrolling} from './dom.js';
import {between, count, dateAndTime, percent, timeOfDay} from './format.js';

const kMost = 500;  // rows that are shown unless more are asked for
const kDayNs = 86400000000000;
const kHeadings = ['From', 'To', 'Class', 'Lasts', 'How sure', 'Windows'];

export class SegmentTable {
  #most = kMost;
  #keys = [];  // of the rows that are shown: all that they say

  // `show` is called with a segment to look at.
  constructor({colourOf, show}) {
    this.colourOf = colourOf;
    this.show = show;
    this.more = el('div', {});
    this.rows = el('tbody', {});
    const head = el('tr', {}, ...kHeadings.map((text) => el('th', {scope: 'col'}, text)));
    this.scroller = scrolling('Segments', el('table', {class: 'figures'}, el('thead', {}, head),
                                             this.rows));
    this.element = el('section', {class: 'card', id: 'segments'}, el('h2', {}, 'Segments'),
                      el('p', {class: 'how'}, 'Stretches of one class. How sure: the mean ' +
                         'probability after smoothing.'),
                      this.more, this.scroller);
  }

  // Writes what changed: usually the last row, or one more.
  draw(data) {
    const hidden = Math.max(0, data.segments.length - this.#most);
    const shown = data.segments.slice(hidden);
    const isLong = data.end > kDayNs;
    const {scrollTop, clientHeight, scrollHeight} = this.scroller;
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - 2;
    const keys = shown.map((segment) => `${isLong} ${segment.fromNs} ${segment.toNs} ${
        segment.label} ${segment.windows} ${segment.confidence} ${this.colourOf(segment.label)}`);
    keys.forEach((key, i) => {
      if (key !== this.#keys[i]) this.#put(i, this.#row(shown[i], isLong));
    });
    while (this.rows.children.length > keys.length) this.rows.lastChild.remove();
    this.#keys = keys;
    // Live ones come there.
    if (isAtEnd && !data.isFinished) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#drawMore(hidden, data);
  }

  #put(i, row) {
    const before = this.rows.children[i];
    if (before) {
      before.replaceWith(row);
    } else {
      this.rows.append(row);
    }
  }

  #drawMore(hidden, data) {
    if (this.more.dataset.hidden === String(hidden)) return;
    this.more.dataset.hidden = hidden;
    const showAll = () => {
      this.#most = Infinity;
      this.draw(data);
    };
    this.more.replaceChildren(
        hidden === 0 ? '' : button(`Show ${count(hidden)} earlier ones`, showAll));
  }

  #row(segment, isLong) {
    const {fromNs, toNs, label, confidence, windows} = segment;
    const written = isLong ? dateAndTime : timeOfDay;
    const from = button(written(fromNs), () => this.show(segment),
                        {class: 'link', title: `Look at this stretch; ${fromNs} ns`});
    const style = {'--swatch': `var(--${this.colourOf(label)})`};
    return el('tr', {data: {fromNs, toNs, label, confidence, windows}},
              el('th', {scope: 'row'}, from), el('td', {title: `${toNs} ns`}, written(toNs)),
              el('td', {}, el('span', {class: 'state', style}, label)),
              el('td', {}, between(fromNs, toNs)), el('td', {}, percent(confidence, 1)),
              el('td', {}, count(windows)));
  }
}
