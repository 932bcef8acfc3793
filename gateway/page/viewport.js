// The stretch of time that is shown, within the whole of it. Times are ns counted from the
// timeline's first window.

const kLeastWindows = 8;

export class Viewport {
  #change = () => {};
  #least = 1;

  constructor() {
    this.end = 0;  // of the whole; it begins at 0
    this.from = 0;
    this.to = 0;
    this.follows = false;  // moves along as the whole grows
  }

  // Called after each change.
  set onChange(change) {
    this.#change = change;
  }

  get span() {
    return this.to - this.from;
  }

  get showsAll() {
    return this.from <= 0 && this.to >= this.end;
  }

  // The whole ends there by now; windows are this long.
  grow(end, windowNs) {
    const showedAll = this.showsAll;
    const moved = end - this.end;
    this.end = end;
    this.#least = kLeastWindows * windowNs;
    if (showedAll) return this.#show(0, end);
    if (this.follows && moved > 0) return this.#show(end - this.span, end);
  }

  showAll() {
    this.follows = true;
    this.#show(0, this.end);
  }

  // Both ends; what lies outside of the whole is cut off.
  set(from, to) {
    this.follows = to >= this.end;
    this.#show(from, to);
  }

  // By a share of what is shown; positive is towards later.
  pan(share) {
    if (this.span <= 0) return;
    const by = share * this.span;
    const from = Math.max(0, Math.min(this.from + by, this.end - this.span));
    this.follows = from + this.span >= this.end;
    this.#show(from, from + this.span);
  }

  // Shows `factor` times as much; what is at `at` stays where it is.
  zoom(factor, at = (this.from + this.to) / 2) {
    if (this.span <= 0) return;
    const span = Math.max(this.#least, Math.min(this.span * factor, this.end));
    const left = (at - this.from) / this.span;
    const from = Math.max(0, Math.min(at - left * span, this.end - span));
    this.follows = from + span >= this.end;
    this.#show(from, from + span);
  }

  // So that this stretch is in view, moved no more than it takes.
  reveal(from, to) {
    if (from < this.from) this.pan((from - this.span / 4 - this.from) / this.span);
    if (to > this.to) this.pan((to + this.span / 4 - this.to) / this.span);
  }

  #show(from, to) {
    const span = Math.min(Math.max(to - from, this.#least), Math.max(this.end, this.#least));
    this.from = Math.max(0, Math.min(from, this.end - span));
    this.to = this.from + span;
    this.#change();
  }
}
