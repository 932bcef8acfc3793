// What all charts share. Chart.js draws one when it can be seen, and once more when the theme changes
// or the page is printed.

const kPalette = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'];
const kSigns = [['circle', '●'], ['triangle', '▲'], ['rect', '■'], ['rectRot', '◆'],
                ['cross', '+'], ['crossRot', '×'], ['star', '✳'], ['rectRounded', '▪']];
const signOf = (i) => kSigns[i % kSigns.length];
const paletteColour = (i) => kPalette[i % kPalette.length];

// A colour of report.css, as the theme has it now.
const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function withAlpha(name, alpha) {
  const value = parseInt(colour(name).slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}

// ---- drawing ------------------------------------------------------------------------------------

const waiting = new Map();  // canvas -> what gives its configuration

function draw(canvas) {
  Chart.getChart(canvas)?.destroy();
  new Chart(canvas, waiting.get(canvas)());
}

const isFolded = (canvas) => canvas.closest('details:not([open])') !== null;

function drawAll(within = document) {
  Chart.defaults.color = colour('muted');
  Chart.defaults.borderColor = colour('line');
  for (const canvas of within.querySelectorAll('canvas')) {
    if (!isFolded(canvas)) draw(canvas);
  }
}

function startDrawing() {
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.font.family = getComputedStyle(document.documentElement).fontFamily;
  Chart.defaults.plugins.legend.display = false;
  Chart.defaults.locale = 'en';
  drawAll();
  document.addEventListener('toggle', (event) => drawAll(event.target), true);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawAll());
  addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details.split')) details.open = true;
    document.documentElement.classList.add('print');
    drawAll();
  });
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove('print');
    drawAll();
  });
}

// A canvas of some height; `label` says what it shows to who cannot see it.
function chart(label, height, config, {width = 0} = {}) {
  const canvas = el('canvas', {role: 'img', 'aria-label': label});
  waiting.set(canvas, config);
  const style = {height: `${height}px`, 'min-width': `${width}px`};
  return el('div', {class: 'chart', style}, canvas);
}

// ---- axes ---------------------------------------------------------------------------------------

const axis = (title, options = {}) => ({
  title: {display: title !== '', text: title},
  ...options,
  grid: {color: colour('line'), borderColor: colour('line'), ...options.grid},
});
const shareAxis = (title, options = {}) => {
  const {ticks, ...others} = options;
  return axis(title, {
    min: 0, max: 1, ...others,
    ticks: {callback: (value) => +value.toFixed(2), ...ticks},
  });
};
