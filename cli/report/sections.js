// The sections of the page, from the data to what report.html leaves room for. The data is what
// ReportJson in cli/evaluation_report.cc makes.

const kShownFeatures = 20;

const data = JSON.parse(document.getElementById('data').textContent);
const positiveName = data.classes[data.positive].name;
const bodyOf = (section) => document.querySelector(`#${section} .body`);

// Results by split: those that do not leak first. A split leaks when each of its results does.
function splitsOf(results) {
  const byName = new Map();
  for (const result of results) {
    if (!byName.has(result.split)) byName.set(result.split, []);
    byName.get(result.split).push(result);
  }
  const splits = [...byName].map(([name, of]) => (
      {name, title: of[0].split_title, results: of, leaks: of.every((r) => r.leaks)}));
  return splits.sort((a, b) => a.leaks - b.leaks);  // stable
}
const splits = splitsOf(data.results);

// ---- top ----------------------------------------------------------------------------------------

function showHead() {
  const names = data.files.map((file) => file.name);
  const title = names.length > 3 ? `${names[0]} and ${names.length - 1} others` : names.join(', ');
  document.title = `${title}: how well models tell windows apart`;
  document.getElementById('title').textContent = title;
  document.getElementById('simulated').hidden = !data.simulated;
  for (const place of document.querySelectorAll('[data-positive]')) {
    place.textContent = positiveName;
  }
  const classes = data.classes.map(
      ({name, rows}, c) => `${name}${c === data.positive ? ' (positive)' : ''}: ${count(rows)}`);
  const facts = [['Windows', count(data.rows)], ['Classes', classes.join(' · ')],
                 [`Features (${data.features.length})`, listed(data.features)]];
  if (names.length > 1) {
    facts.unshift([`Files (${names.length})`,
                   listed(data.files.map((file) => `${file.name}: ${count(file.rows)}`))]);
  }
  document.getElementById('facts').append(
      ...facts.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

// Short lists as they are, long ones folded up.
function listed(names) {
  if (names.length <= 12) return names.join(', ');
  return el('details', {}, el('summary', {}, `${names.slice(0, 6).join(', ')}, …`),
            names.slice(6).join(', '));
}

// Which figure to believe: XGBoost's by source, or else on the first split that does not leak.
function showBelief() {
  const honest = data.results.filter((result) => !result.leaks);
  const xgboost = honest.filter((result) => result.model === 'xgboost');
  const best = xgboost.find((result) => result.split === 'by-source') ?? xgboost[0] ?? honest[0];
  const leakage = data.leakage === '' ? null : el('p', {}, data.leakage);
  const note = best === undefined ?
      el('div', {class: 'note warning'}, el('strong', {}, 'Believe none of these figures: '),
         'every split leaks, so they say how much that flatters, and not how a model does on ' +
             'windows that it has not seen.', leakage) :
      el('div', {class: 'note'}, beliefIn(best), leakage);
  document.getElementById('belief').append(note);
}

function beliefIn(result) {
  const timelines = result.viterbi_accuracy === undefined ? '' :
      ` After the live timeline ${share(result.forward_accuracy)}, after the finished one ${
          share(result.viterbi_accuracy)}.`;
  return el('div', {class: 'believe'}, el('span', {class: 'figure'}, share(result.accuracy)),
            el('span', {}, el('strong', {}, 'Believe this figure'),
               `: the share of windows that ${result.title} names rightly, ${
                   result.split_title}; 95 % interval ${interval(result.accuracy_95)}.${
                   timelines}`));
}

// ---- tables of models ---------------------------------------------------------------------------

// Heading, key of the figure, how it is written.
const kFigures = [
  ['Accuracy', 'accuracy', share], ['95 % interval', 'accuracy_95', interval],
  ['Precision', 'precision', share], ['Recall', 'recall', share], ['F1', 'f1', share],
  ['AUC', 'roc_auc', share], ['Log loss', 'log_loss', share],
  ['Forward', 'forward_accuracy', share], ['Viterbi', 'viterbi_accuracy', share],
];

function bestOf(results) {
  const honest = results.filter((result) => !result.leaks);
  return honest.reduce((best, result) => result.accuracy > best.accuracy ? result : best,
                       honest[0]);
}

// Where the whole split leaks, its heading says so.
const leakBadge = (result, split) => result.leaks && !split.leaks ? badge('leaks') : null;

function modelRow(result, split) {
  const isBest = result === bestOf(split.results) && split.results.length > 1;
  const figure = ([, key, written]) => ({
    content: result[key] === undefined ? '–' : written(result[key]), data: {figure: key},
  });
  return {
    cells: [named(result.title, isBest ? badge('best', 'good') : null, leakBadge(result, split)),
            ...kFigures.map(figure)],
    class: `${isBest ? 'best' : ''} ${result.leaks ? 'leaks' : ''}`,
    data: {
      split: result.split, model: result.model, scale: result.scale ?? '', leaks: result.leaks,
    },
  };
}

function modelTable(split) {
  const rows = split.results[0].rows;
  const what = split.leaks ? badge('leaks') : badge('does not leak', 'good');
  return [el('h3', {}, `${capital(split.title)}: ${count(rows)} windows`, what),
          scrolling(`Models, ${split.title}`,
                    table(['Model', ...kFigures.map(([heading]) => heading)],
                          split.results.map((result) => modelRow(result, split))))];
}

// Accuracy by file, where one was left out at a time.
function sourceTable(split) {
  if (!split.results[0].sources) return [];
  const files = split.results[0].sources.map((source) => source.file);
  const row = (result) => {
    const by = result.sources.map((source) => source.accuracy);
    const mean = by.reduce((sum, accuracy) => sum + accuracy, 0) / by.length;
    return [named(result.title, leakBadge(result, split)), ...by.map(share), share(mean)];
  };
  return [el('h3', {}, 'Accuracy on each file, left out of the training'),
          scrolling('Accuracy by file', table(['Model', ...files, 'Mean'],
                                              split.results.map(row)))];
}

function showModels() {
  for (const split of splits) {
    bodyOf('models').append(
        el('div', {class: 'split'}, ...modelTable(split), ...sourceTable(split)));
  }
}

// ---- accuracy -----------------------------------------------------------------------------------

function showAccuracy() {
  const commonest = Math.max(...data.classes.map((of) => of.rows)) / data.rows;
  bodyOf('accuracy').append(accuracyFigure(splits, commonest));
}

// ---- confusion ----------------------------------------------------------------------------------

function matrix(result, split) {
  const names = data.classes.map((of) => of.name);
  const cell = (rows, all) => {
    const part = all === 0 ? 0 : rows / all;
    return el('td', {style: {'--share': part}}, count(rows),
              el('small', {}, `${(100 * part).toFixed(1)} %`));
  };
  const row = (rows, truth) => {
    const all = rows.reduce((sum, n) => sum + n, 0);
    return el('tr', {}, el('th', {scope: 'row'}, `was ${names[truth]}`),
              ...rows.map((n) => cell(n, all)));
  };
  const head = el('tr', {}, el('td', {style: {'--share': 0}}),
                  ...names.map((name) => el('th', {scope: 'col'}, `said ${name}`)));
  return el('figure', {},
            el('figcaption', {}, el('h4', {}, named(result.title, leakBadge(result, split)))),
            scrolling(`Confusion matrix of ${result.title}`,
                      el('table', {class: 'matrix'}, el('thead', {}, head),
                         el('tbody', {}, ...result.confusion.map(row)))));
}

function showConfusion() {
  const style = {'--column': `${Math.max(255, 85 * (data.classes.length + 1))}px`};
  const matrices = (split) =>
      el('div', {class: 'grid', style}, ...split.results.map((result) => matrix(result, split)));
  bodyOf('confusion').append(...splitParts(splits, (split) => [matrices(split)]));
}

// ---- timelines ----------------------------------------------------------------------------------

function timelinePart(timeline) {
  const result = data.results[timeline.result];
  const missing = timeline.sequences - timeline.shown.length;
  const cut = missing === 0 ? null : el('p', {class: 'small'},
      `The ${timeline.shown.length} longest of ${timeline.sequences} recordings are shown.`);
  return el('div', {class: 'split'},
            el('h3', {}, `${result.title}: ${result.split_title}`,
               result.leaks ? badge('leaks') : null),
            cut, ...timeline.shown.map((sequence) => timelineFigure(sequence, data)));
}

function showTimelines() {
  const colours = classColours(data.classes, data.positive);
  bodyOf('timelines').append(
      legend([{text: `truth is ${positiveName}, behind the line`, colour: 'c1', kind: 'shade'},
              {text: `stated probability of ${positiveName}`, colour: 'text', kind: 'line'},
              ...data.classes.map(({name}, c) => ({text: name, colour: colours[c], kind: 'box'}))]),
      ...data.timelines.map(timelinePart));
}

// ---- learning curves ----------------------------------------------------------------------------

function showCurves() {
  const body = bodyOf('curves');
  const points = data.curves.flatMap((curve) => curve.learning_curve);
  if (points.length === 0) {
    body.append(el('p', {}, 'Not measured: no part of the training rows holds each class.'));
    return;
  }
  const leak = data.curves_leak ?
      'This split leaks, as all do that were asked for: the curves flatter.' :
      'This split does not leak.';
  const accuracies = points.flatMap((at) => [at.test_accuracy, at.training_accuracy]);
  const lowest = Math.floor(Math.min(...accuracies) * 10) / 10;
  const begins = lowest > 0 ? ` The accuracy axis begins at ${+lowest.toFixed(1)}.` : '';
  body.append(
      el('h3', {}, capital(data.curve_split), data.curves_leak ? badge('leaks') : null),
      el('p', {class: 'how'}, leak + begins),
      legend([{text: 'accuracy on the test part', colour: 'c1', kind: 'line'},
              {text: 'accuracy on the rows it was trained on', colour: 'c2', kind: 'dash'}]),
      el('div', {class: 'grid'}, ...data.curves.map((curve) => curveFigure(curve, lowest))),
      timeFigure(data.curves),
      numbers(['Model', 'Training rows', 'Test accuracy', 'Training accuracy', 'Time to train'],
              data.curves.flatMap((curve) => curve.learning_curve.map((at) => [
                curve.title, count(Math.round(at.rows)), share(at.test_accuracy),
                share(at.training_accuracy), seconds(at.fit_seconds),
              ]))));
}

// ---- calibration --------------------------------------------------------------------------------

function calibrationRows(result) {
  return result.calibration.flatMap((bin, i) => bin.rows === 0 ? [] : [[
    result.title, `${i / 10} to ${(i + 1) / 10}`, count(bin.rows), share(bin.stated),
    share(bin.observed),
  ]]);
}

function showCalibration() {
  const measured = splitsOf(data.results.filter((result) => result.calibration));
  bodyOf('calibration').append(...splitParts(measured, (split) => [
    el('div', {class: 'grid'}, ...split.results.map(calibrationFigure)),
    numbers(['Model', 'Bin', 'Windows', 'Stated', 'Came true'],
            split.results.flatMap(calibrationRows)),
  ]));
}

// ---- what mattered ------------------------------------------------------------------------------

function importanceParts(result) {
  const by = (key) => data.features.map((name) => [name, result.importance[name][key]])
                          .sort((a, b) => b[1] - a[1]);
  const gain = by('gain'), shap = by('shap');
  const top = (values) => values.slice(0, kShownFeatures);
  const cut = data.features.length <= kShownFeatures ? null : el('p', {class: 'small'},
      `The first ${kShownFeatures} of ${data.features.length} features; the table has all.`);
  return [
    cut,
    el('div', {class: 'pair'},
       importanceFigure(`${result.title}: SHAP`, 'mean |SHAP value|, log odds', top(shap), 'c1'),
       importanceFigure(`${result.title}: gain`, 'share of the gain', top(gain), 'c3')),
    numbers(['Feature', 'Mean |SHAP value|', 'Share of the gain'],
            shap.map(([name, value]) => [name, share(value), share(result.importance[name].gain)])),
  ];
}

function showImportance() {
  const measured = splitsOf(data.results.filter((result) => result.importance));
  if (measured.length === 0) {
    document.getElementById('importance').hidden = true;
    return;
  }
  bodyOf('importance').append(
      ...splitParts(measured, (split) => split.results.flatMap(importanceParts)));
}

showHead();
showBelief();
showModels();
showAccuracy();
showConfusion();
showTimelines();
showCurves();
showCalibration();
showImportance();
startDrawing();
document.documentElement.dataset.ready = 'true';
