// A thin strip of the whole timeline, with the part that is in view marked; it can be moved there.

import {colour, withAlpha} from './charts.js';
import {el} from './dom.js';

const kHeight = 26;  // px

export class Overview {
  // `shown` as a TimelineChart's; `colourOf` gives a class's colour.
  constructor(shown, colourOf) {
    this.shown = shown;
    this.colourOf = colourOf;
    this.canvas = el('canvas', {'aria-hidden': 'true'});
    this.element = el('div', {class: 'overview', title: 'All of it; drag to move'}, this.canvas);
    this.#listen();
  }

  // Below a plot with these edges, px from the left of both.
  draw({left, right}) {
    const {data, view} = this.shown;
    this.element.style.paddingLeft = `${left}px`;
    this.element.style.width = `${right}px`;
    const width = right - left, ratio = devicePixelRatio;
    this.canvas.width = width * ratio;
    this.canvas.height = kHeight * ratio;
    const context = this.canvas.getContext('2d');
    context.scale(ratio, ratio);
    const scale = width / Math.max(view.end, 1);
    for (const {from, to, label} of data.segments) {
      context.fillStyle = colour(this.colourOf(label));
      context.fillRect(from * scale, 5, Math.max((to - from) * scale, 0.6), kHeight - 10);
    }
    this.#drawView(context, view.from * scale, view.to * scale, width);
  }

  #drawView(context, left, right, width) {
    context.fillStyle = withAlpha('page', 0.65);
    context.fillRect(0, 0, left, kHeight);
    context.fillRect(right, 0, width - right, kHeight);
    context.strokeStyle = colour('text');
    context.lineWidth = 1.5;
    context.strokeRect(left + 1, 1, Math.max(right - left - 2, 3), kHeight - 2);
  }

  #listen() {
    const {view} = this.shown;
    const move = (event) => {
      const {left, width} = this.canvas.getBoundingClientRect();
      const at = (event.clientX - left) / width * view.end;
      view.set(at - view.span / 2, at + view.span / 2);
    };
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      move(event);
    });
    this.canvas.addEventListener('pointermove', (event) => {
      if (this.canvas.hasPointerCapture(event.pointerId)) move(event);
    });
  }
}
