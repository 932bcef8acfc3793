// Draws a timeline: the probability as a line over bands of the classes, and below it the classes
// and the truth as strips.

import {axis, classColours, colour, shortened, withAlpha} from './charts.js';
import {percent, timeOfDay} from './format.js';
import {timeTicks} from './time_axis.js';

const kNarrow = 520;  // px

// What is drawn: {data (TimelineData), view (Viewport), truth ([{from, to, label}] or null),
// selected (start of a window or null)}.
export class TimelineChart {
  constructor(canvas, shown) {
    this.canvas = canvas;
    this.shown = shown;
    this.chart = null;
  }

  get colours() {
    return classColours(this.shown.data.classes);
  }

  colourOf(label) {
    const at = this.shown.data.classes.indexOf(label);
    return at < 0 ? 'c7' : this.colours[at];
  }

  // The class whose probability the line is; of more than two, the one that is said.
  get positive() {
    const {classes} = this.shown.data;
    return classes.length === 2 ? classes[1] : null;
  }

  // From nothing: the theme or the rows are others.
  rebuild() {
    this.chart?.destroy();
    this.chart = new Chart(this.canvas, this.#config());
  }

  draw() {
    if (!this.chart) this.rebuild();
    const {view} = this.shown;
    this.chart.resize();  // it would do so by itself, but later
    Object.assign(this.chart.options.scales.x, {min: view.from, max: Math.max(view.to, 1)});
    this.chart.data.datasets[0].data = this.#line();
    this.chart.update('none');
  }

  destroy() {
    this.chart?.destroy();
  }

  // Before, there is no time under any place.
  get isDrawn() {
    return this.chart !== null;
  }

  // The time under a place on the screen, px from the window's left.
  timeAt(clientX) {
    const {left} = this.canvas.getBoundingClientRect();
    return this.chart.scales.x.getValueForPixel(clientX - left);
  }

  get plotWidth() {
    return Math.max(this.chart.scales.x.width, 1);
  }

  // ---- the line -------------------------------------------------------------------------------

  #line() {
    const {data, view} = this.shown;
    const points = data.pointsOf(view.from, view.to);
    const isTwo = data.classes.length === 2;
    const margin = view.span / 10;
    const line = [];
    let stretch = null;
    points.x.forEach((x, i) => {
      if (x < view.from - margin || x > view.to + margin) return;
      const now = data.segmentAt(x)?.stretch;
      if (stretch !== null && now !== stretch) line.push({x: x - 1, y: NaN});
      stretch = now;
      const p = points.probability[i];
      line.push({x: x + data.lengthNs / 2, y: isTwo && points.classIndex[i] === 0 ? 1 - p : p,
                 start: x, classIndex: points.classIndex[i], probability: p});
    });
    return line;
  }

  // ---- configuration --------------------------------------------------------------------------

  #config() {
    return {
      type: 'line',
      plugins: [this.#painter()],
      data: {datasets: [{
        data: [], parsing: false, yAxisID: 'p', borderColor: colour('text'), borderWidth: 1.4,
        pointRadius: 0, pointHitRadius: 4, pointHoverRadius: 4,
        pointHoverBackgroundColor: colour('text'),
      }]},
      options: {
        interaction: {mode: 'nearest', axis: 'x', intersect: false},
        normalized: true,
        events: ['mousemove', 'mouseout'],
        plugins: {tooltip: this.#tooltip()},
        scales: this.#scales(),
      },
    };
  }

  #tooltip() {
    const {data} = this.shown;
    return {
      displayColors: false,
      callbacks: {
        title: ([item]) => timeOfDay(data.ns(item.raw.start)),
        label: ({raw}) => [
          `${data.classes[raw.classIndex]}: ${percent(raw.probability, 1)}`,
          ...(this.#truthAt(raw.x) === null ? [] : [`truth: ${this.#truthAt(raw.x)}`]),
          'click to explain',
        ],
      },
    };
  }

  #truthAt(x) {
    const {truth} = this.shown;
    return truth?.find(({from, to}) => from <= x && x < to)?.label ?? null;
  }

  get #rows() {
    return ['', this.shown.data.isFinished ? 'finished' : 'live',
            ...(this.shown.truth ? ['truth'] : [])];
  }

  #scales() {
    const isNarrow = this.canvas.clientWidth < kNarrow;
    const rows = this.#rows;
    const title = this.positive ?
        `probability of ${shortened(this.positive, 13)}` : 'probability of the class';
    return {
      x: axis('', {
        type: 'linear', min: 0, max: 1,
        ticks: {maxRotation: 0, autoSkip: false, callback: (_, i, ticks) => ticks[i].label},
        grid: {drawOnChartArea: false},
        afterBuildTicks: (scale) => this.#setTicks(scale),
      }),
      // Scales of one stack stand over each other, the last one on top. The first row is room for
      // the other one's zero.
      strips: {
        type: 'category', labels: rows, offset: true, axis: 'y', position: 'left', stack: 'y',
        stackWeight: rows.length * 1.5, grid: {display: false, drawBorder: false},
        ticks: {autoSkip: false, padding: 6},
      },
      p: axis(isNarrow ? '' : title, {
        axis: 'y', position: 'left', stack: 'y', stackWeight: 9, min: 0, max: 1,
        ticks: {stepSize: 0.25, callback: (value) => +value.toFixed(2)},
      }),
    };
  }

  #setTicks(scale) {
    const {data} = this.shown;
    const zero = Number(data.zero / 1000000n);
    const width = scale.width || this.canvas.clientWidth;
    const most = Math.max(2, Math.floor(width / (width < kNarrow ? 62 : 90)));
    scale.ticks = timeTicks(zero + scale.min / 1e6, zero + scale.max / 1e6, most)
                      .map(({ms, label}) => ({value: (ms - zero) * 1e6, label}));
  }

  // ---- bands and strips -----------------------------------------------------------------------

  #painter() {
    return {
      id: 'bands',
      beforeDatasetsDraw: (chart) => this.#paintBands(chart),
      afterDatasetsDraw: (chart) => this.#paintSelected(chart),
    };
  }

  #paintBands(chart) {
    const {ctx, chartArea, scales: {p, strips}} = chart;
    const {data, truth} = this.shown;
    const height = strips.height / this.#rows.length;
    const row = (i) => strips.top + i * height + 2;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, 0, chartArea.width, chart.height);
    ctx.clip();
    this.#paint(chart, data.segments, p.top, p.height, 0.16);
    this.#paint(chart, data.segments, row(1), height - 4, 1);
    if (truth) this.#paint(chart, truth, row(2), height - 4, 1);
    ctx.restore();
  }

  #paint({ctx, scales: {x}}, intervals, top, height, alpha) {
    const {view} = this.shown;
    for (const {from, to, label} of intervals) {
      if (to < view.from || from > view.to) continue;
      const left = x.getPixelForValue(from), right = x.getPixelForValue(to);
      ctx.fillStyle = withAlpha(this.colourOf(label), alpha);
      ctx.fillRect(left, top, Math.max(right - left, 0.6), height);
    }
  }

  #paintSelected({ctx, chartArea, scales: {x, strips}}) {
    const {data, selected} = this.shown;
    if (selected === null) return;
    const left = x.getPixelForValue(selected);
    const right = x.getPixelForValue(selected + data.lengthNs);
    const middle = (left + right) / 2;
    if (right < chartArea.left || left > chartArea.right) return;
    ctx.save();
    ctx.fillStyle = withAlpha('c2', 0.3);
    ctx.fillRect(left, chartArea.top, Math.max(right - left, 2), strips.top - chartArea.top);
    ctx.strokeStyle = colour('c2');
    ctx.lineWidth = 1.5;
    const width = right - left < 4 ? 0 : right - left;  // one line where there is no room for two
    ctx.strokeRect(width === 0 ? middle : left, chartArea.top, width,
                   strips.bottom - chartArea.top);
    ctx.fillStyle = colour('c2');
    ctx.beginPath();
    ctx.moveTo(middle - 6, chartArea.top - 8);
    ctx.lineTo(middle + 6, chartArea.top - 8);
    ctx.lineTo(middle, chartArea.top);
    ctx.fill();
    ctx.restore();
  }
}
