// The figure of a timeline: what was stated of each window over what was true, and strips of classes
// below it.

// Classes as strips: the positive one in blue, of two the other one in grey.
function classColours(classes, positive) {
  if (classes.length === 2) return classes.map((_, c) => c === positive ? 'c1' : 'other');
  const others = kPalette.slice(1);
  let next = 0;
  return classes.map((_, c) => c === positive ? 'c1' : others[next++ % others.length]);
}

// Neighbouring windows of one class: {from, to, value}, in windows, `to` not included.
function runsOf(windows, values) {
  const runs = [];
  windows.forEach((window, i) => {
    const last = runs[runs.length - 1];
    if (last && last.to === window && last.value === values[i]) {
      last.to = window + 1;
    } else {
      runs.push({from: window, to: window + 1, value: values[i]});
    }
  });
  return runs;
}

// Points of a line that is broken where a window was not tested; `alone` where both neighbours
// were not, so that a line would not show.
function linePoints(windows, values) {
  const points = [];
  windows.forEach((window, i) => {
    const follows = windows[i - 1] === window - 1, goesOn = windows[i + 1] === window + 1;
    if (i > 0 && !follows) points.push({x: window - 0.5, y: NaN});
    points.push({x: window + 0.5, y: values[i], alone: !follows && !goesOn, index: i});
  });
  return points;
}

function paintRuns({ctx, scales}, runs, top, height, fill) {
  for (const run of runs) {
    const from = scales.x.getPixelForValue(run.from), to = scales.x.getPixelForValue(run.to);
    ctx.fillStyle = fill(run.value);
    if (ctx.fillStyle !== '#00000000') ctx.fillRect(from, top, Math.max(to - from, 0.6), height);
  }
}

// The truth behind the line, and the strips below it.
const timelinePainter = (sequence, strips, positive, colours) => ({
  id: 'timeline',
  beforeDatasetsDraw(chart) {
    const {ctx, scales: {p, strips: rows}} = chart;
    ctx.save();
    if (p) {
      const shade = withAlpha('c1', 0.17);
      paintRuns(chart, runsOf(sequence.window, sequence.truth), p.top, p.height,
                (value) => value === positive ? shade : 'transparent');
    }
    const height = rows.height / (strips.length + 1);
    strips.forEach(([, values], i) => {
      paintRuns(chart, runsOf(sequence.window, values), rows.top + (i + 1) * height + 2,
                height - 4,
                (value) => colour(colours[value]));
    });
    ctx.restore();
  },
});

function timelineScales(sequence, strips, className) {
  const last = sequence.window[sequence.window.length - 1] + 1;
  const from = sequence.first_window === 0 ?
      'window number' : `window, counted from number ${count(sequence.first_window)}`;
  const scales = {
    x: axis(from, {
      type: 'linear', min: 0, max: last,
      ticks: {maxRotation: 0, includeBounds: false, callback: (value) => count(value)},
      grid: {drawOnChartArea: false},
    }),
    // Scales of one stack stand over each other. The first row is room for the other one's zero.
    strips: {
      type: 'category', labels: ['', ...strips.map(([name]) => name)], offset: true, axis: 'y',
      position: 'left', stack: 'y', stackWeight: strips.length + 1,
      grid: {display: false, drawBorder: false}, ticks: {autoSkip: false, padding: 6},
    },
  };
  if (sequence.probability) {
    scales.p = shareAxis(`probability of ${shortened(className, 13)}`, {
      axis: 'y', position: 'left', stack: 'y', stackWeight: 9,
      ticks: {stepSize: 0.25}, grid: {drawTicks: true},
    });
  }
  return scales;
}

function timelineFigure(sequence, data) {
  const {classes, positive} = data;
  const colours = classColours(classes, positive);
  const strips = [['truth', sequence.truth], ['window alone', sequence.said],
                  ['forward', sequence.forward], ['Viterbi', sequence.viterbi]]
                     .filter(([, values]) => values);
  const tooltip = {
    displayColors: false,
    callbacks: {
      title: ([item]) => `window ${count(item.raw.x - 0.5)}`,
      label: ({raw}) => [`probability: ${share(raw.y)}`,
                         ...strips.map(([name, of]) => `${name}: ${classes[of[raw.index]].name}`)],
    },
  };
  const config = () => ({
    type: 'line',
    plugins: [timelinePainter(sequence, strips, positive, colours)],
    data: {
      datasets: [{
        yAxisID: sequence.probability ? 'p' : 'strips',
        data: sequence.probability ? linePoints(sequence.window, sequence.probability) : [],
        borderColor: colour('text'),
        borderWidth: 1.1,
        pointRadius: ({raw}) => raw?.alone ? 1.5 : 0,
        pointBackgroundColor: colour('text'),
        pointHitRadius: 4,
      }],
    },
    options: {
      interaction: {mode: 'nearest', axis: 'x', intersect: false},
      plugins: {tooltip},
      scales: timelineScales(sequence, strips, classes[positive].name),
    },
  });
  const right = rightShares(sequence, strips);
  const shown = sequence.window.length;
  const cut = shown < sequence.tested ?
      ` The first ${count(shown)} of ${count(sequence.tested)} windows.` : '';
  const height = (sequence.probability ? 250 : 60) + 20 * strips.length;
  const width = Math.min(4000, Math.max(560, shown * 0.75));
  const windows = sequence.window;
  const label = sequence.first_line > 0 ?
      `${sequence.file}, lines ${sequence.first_line} to ${sequence.last_line}` :
      `${sequence.file}, windows ${windows[0]} to ${windows[windows.length - 1]}`;
  return el('figure', {},
            el('figcaption', {}, el('h4', {}, label), el('p', {class: 'small'}, right + cut)),
            scrolling(`Timeline of ${label}`,
                      chart(`Timeline of ${label}. ${right}`, height, config, {width})));
}

function rightShares({truth}, strips) {
  const right = ([name, values]) =>
      `${name} ${share(values.filter((value, i) => value === truth[i]).length / truth.length)}`;
  return `Rightly named: ${strips.slice(1).map(right).join(', ')}.`;
}
