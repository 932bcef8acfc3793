// The figures of the page, one function each; that of the timelines is in timeline.js.

// ---- accuracy by model and split ----------------------------------------------------------------

// Stripes of a colour, for bars that leak.
function hatch(name) {
  const tile = el('canvas', {width: 8, height: 8});
  const context = tile.getContext('2d');
  context.fillStyle = withAlpha(name, 0.15);
  context.fillRect(0, 0, 8, 8);
  context.strokeStyle = colour(name);
  context.lineWidth = 1.5;
  for (const shift of [-8, 0, 8]) {
    context.moveTo(shift - 1, 9);
    context.lineTo(shift + 9, -1);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat');
}

// A line over each bar's end, along its 95 % interval.
const whiskers = {
  id: 'whiskers',
  afterDatasetsDraw(chart) {
    const {ctx, scales} = chart;
    ctx.save();
    ctx.strokeStyle = colour('text');
    ctx.lineWidth = 1.25;
    ctx.beginPath();
    for (const [d, {intervals}] of chart.data.datasets.entries()) {
      for (const [i, bar] of chart.getDatasetMeta(d).data.entries()) {
        if (!intervals[i]) continue;
        const [low, high] = intervals[i].map((end) => scales.x.getPixelForValue(end));
        ctx.moveTo(low, bar.y);
        ctx.lineTo(high, bar.y);
        for (const end of [low, high]) {
          ctx.moveTo(end, bar.y - 3.5);
          ctx.lineTo(end, bar.y + 3.5);
        }
      }
    }
    ctx.stroke();
    ctx.restore();
  },
};

// A dashed line at a value of the x axis.
const markAt = (value) => ({
  id: 'mark',
  afterDatasetsDraw({ctx, scales, chartArea}) {
    const x = scales.x.getPixelForValue(value);
    ctx.save();
    ctx.strokeStyle = colour('text');
    ctx.setLineDash([5, 4]);
    ctx.beginPath();
    ctx.moveTo(x, chartArea.top);
    ctx.lineTo(x, chartArea.bottom);
    ctx.stroke();
    ctx.restore();
  },
});

// Splits that do not leak take the first colours, those that do the others.
function splitColours(splits) {
  const honest = ['c1', 'c3', 'c4'], leaking = ['c2', 'c5', 'c8', 'c7'];
  let h = 0, l = 0;
  return splits.map(
      (split) => split.leaks ? leaking[l++ % leaking.length] : honest[h++ % honest.length]);
}

function accuracyFigure(splits, commonest) {
  const colours = splitColours(splits);
  const titles = [...new Set(splits.flatMap((split) => split.results.map((r) => r.title)))];
  const found = (split) => titles.map((title) => split.results.find((r) => r.title === title));
  const config = () => ({
    type: 'bar',
    plugins: [whiskers, markAt(commonest)],
    data: {
      labels: titles.map((title) => title.split(', ')),
      datasets: splits.map((split, s) => ({
        label: capital(split.title),
        data: found(split).map((r) => r ? r.accuracy : null),
        intervals: found(split).map((r) => r?.accuracy_95),
        backgroundColor: found(split).map((r) => r?.leaks ? hatch(colours[s]) : colour(colours[s])),
        borderColor: colour(colours[s]),
        borderWidth: 1,
        categoryPercentage: 0.82,
        barPercentage: 0.92,
        skipNull: true,
      })),
    },
    options: {
      indexAxis: 'y',
      plugins: {tooltip: {callbacks: {label: (item) => barText(item)}}},
      scales: {
        x: shareAxis('accuracy', {ticks: {stepSize: 0.1, maxRotation: 0}}),
        y: axis('', {grid: {display: false}, ticks: {autoSkip: false}}),
      },
    },
  });
  const barText = ({dataset, dataIndex}) => `${dataset.label}: ${
      share(dataset.data[dataIndex])} (${interval(dataset.intervals[dataIndex])})`;
  const bars = splits.flatMap((split) => split.results).length;
  return el('figure', {},
            legend([...splits.map((split, s) => ({
                                    text: `${capital(split.title)}${split.leaks ? ' (leaks)' : ''}`,
                                    colour: colours[s],
                                    kind: split.leaks ? 'hatch' : 'box',
                                  })),
                    {text: `always the commonest class: ${share(commonest)}`, colour: 'text',
                     kind: 'dash'}]),
            chart('Bars: accuracy of each model on each split with its 95 % interval; the ' +
                      'figures are in the tables above',
                  18 * bars + 10 * titles.length + 60, config));
}

// ---- learning curves ----------------------------------------------------------------------------

const rowsAxis = (most) => axis('training rows', {
  type: 'linear', min: 0, suggestedMax: most,
  ticks: {maxTicksLimit: 6, maxRotation: 0, callback: (value) => count(value)},
});

function curveFigure(curve, lowest) {
  const line = (key, name, dash, point) => ({
    data: curve.learning_curve.map((at) => ({x: at.rows, y: at[key]})),
    borderColor: colour(name), backgroundColor: colour(name), pointStyle: point,
    borderWidth: 2, borderDash: dash, pointRadius: 3, clip: 6,
  });
  const most = Math.max(...curve.learning_curve.map((at) => at.rows));
  const config = () => ({
    type: 'line',
    data: {datasets: [line('test_accuracy', 'c1', [], 'circle'),
                      line('training_accuracy', 'c2', [5, 4], 'rect')]},
    options: {
      plugins: {tooltip: {callbacks: {
        title: ([item]) => `${count(Math.round(item.raw.x))} training rows`,
        label: (item) => `${item.datasetIndex === 0 ? 'test' : 'training'}: ${share(item.raw.y)}`,
      }}},
      scales: {x: rowsAxis(most), y: shareAxis('accuracy', {min: lowest, ticks: {stepSize: 0.1}})},
    },
  });
  return el('figure', {}, el('figcaption', {}, el('h4', {}, curve.title)),
            chart(`Learning curve of ${curve.title}; the figures are in the table below`, 210,
                  config));
}

// A logarithmic axis where the times differ much.
function timeFigure(curves) {
  const times = curves.flatMap((curve) => curve.learning_curve.map((at) => at.fit_seconds));
  const shortest = Math.max(1e-6, Math.min(...times)), longest = Math.max(1e-6, ...times);
  const isLog = longest / shortest > 30;
  const isPower = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
  const config = () => ({
    type: 'line',
    data: {
      datasets: curves.map((curve, i) => ({
        label: curve.title,
        data: curve.learning_curve.map(
            (at) => ({x: at.rows, y: Math.max(1e-6, at.fit_seconds)})),
        borderColor: colour(paletteColour(i)), backgroundColor: colour(paletteColour(i)),
        pointStyle: signOf(i)[0], pointRadius: 4, borderWidth: 1.75,
      })),
    },
    options: {
      plugins: {tooltip: {callbacks: {
        title: ([item]) => `${count(Math.round(item.raw.x))} training rows`,
        label: (item) => `${item.dataset.label}: ${seconds(item.raw.y)}`,
      }}},
      scales: {
        x: rowsAxis(0),
        y: axis(`time to train once${isLog ? ', logarithmic' : ''}`, {
          type: isLog ? 'logarithmic' : 'linear',
          ...(isLog ? {min: 10 ** Math.floor(Math.log10(shortest)),
                       max: 10 ** Math.ceil(Math.log10(longest))} : {min: 0}),
          ticks: {callback: (value) => !isLog || isPower(value) ? seconds(value) : null},
        }),
      },
    },
  });
  return el('figure', {}, el('figcaption', {}, el('h4', {}, 'Time to train by training rows')),
            legend(curves.map((curve, i) => (
                {text: curve.title, colour: paletteColour(i), kind: signOf(i)[1]}))),
            chart('Time to train of each model by training rows; the figures are in the table ' +
                      'below',
                  320, config));
}

// ---- calibration --------------------------------------------------------------------------------

function calibrationFigure(result) {
  const bins = result.calibration.map((bin, i) => ({...bin, middle: (i + 0.5) / 10}));
  const points = bins.filter((bin) => bin.rows > 0);
  const most = Math.max(...bins.map((bin) => bin.rows));
  const config = () => ({
    data: {
      datasets: [
        {
          type: 'line', yAxisID: 'y', borderWidth: 2, pointRadius: 3.5, clip: 6,
          data: points.map((bin) => ({x: bin.stated, y: bin.observed, rows: bin.rows})),
          borderColor: colour('c1'), backgroundColor: colour('c1'),
        },
        {
          type: 'line', yAxisID: 'y', data: [{x: 0, y: 0}, {x: 1, y: 1}],
          borderColor: colour('muted'), borderDash: [5, 4], borderWidth: 1.25, pointRadius: 0,
          pointHitRadius: 0,
        },
        {
          type: 'bar', yAxisID: 'rows', data: bins.map((bin) => ({x: bin.middle, y: bin.rows})),
          backgroundColor: withAlpha('c7', 0.6), barPercentage: 1, categoryPercentage: 0.9,
        },
      ],
    },
    options: {
      plugins: {tooltip: {callbacks: {title: () => '', label: ({raw}) => raw.rows ?
          `stated ${share(raw.x)}, came true ${share(raw.y)}, ${count(raw.rows)} windows` :
          `${count(raw.y)} windows`}}},
      scales: {
        x: shareAxis('stated probability', {
          type: 'linear', offset: false, ticks: {stepSize: 0.25}, grid: {offset: false},
        }),
        rows: axis('windows', {
          axis: 'y', position: 'left', stack: 'y', stackWeight: 1, min: 0,
          max: 1.35 * most,  // room for the zero of the axis above
          grid: {display: false}, ticks: {callback: (value) => count(value)},
          afterBuildTicks: (scale) => {
            scale.ticks = [{value: 0}, {value: most}];
          },
        }),
        y: shareAxis('came true', {
          position: 'left', stack: 'y', stackWeight: 3, ticks: {stepSize: 0.25},
        }),
      },
    },
  });
  return el('figure', {}, el('figcaption', {}, el('h4', {}, named(result.title))),
            chart(`Calibration of ${result.title}; the figures are in the table below`, 290,
                  config));
}

// ---- what mattered ------------------------------------------------------------------------------

// Horizontal bars of [feature, value], the greatest first.
function importanceFigure(title, unit, values, name) {
  const config = () => ({
    type: 'bar',
    data: {
      labels: values.map(([feature]) => shortened(feature, 30)),
      datasets: [{
        data: values.map(([, value]) => value), backgroundColor: colour(name), barPercentage: 0.8,
        categoryPercentage: 0.9,
      }],
    },
    options: {
      indexAxis: 'y',
      plugins: {tooltip: {callbacks: {
        title: ([item]) => values[item.dataIndex][0],
        label: (item) => share(item.raw),
      }}},
      scales: {
        x: axis(unit, {beginAtZero: true}),
        y: axis('', {grid: {display: false}, ticks: {autoSkip: false}}),
      },
    },
  });
  return el('figure', {}, el('figcaption', {}, el('h4', {}, title)),
            chart(`${title}; the figures are in the table below`, 24 * values.length + 60, config));
}
