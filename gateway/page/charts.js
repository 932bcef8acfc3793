// What all charts share, in the colours of theme.css. Chart.js is a script of its own, in the
// global name Chart.

const kPalette = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'];

// The colour of each class: the last one, which is what a model of two looks for, in blue, of two
// the other one in grey; as in the report of `silhouette evaluate`.
export function classColours(classes) {
  const positive = classes.length - 1;
  if (classes.length === 2) return ['other', 'c1'];
  const others = kPalette.slice(1);
  return classes.map((_, c) => c === positive ? 'c1' : others[c % others.length]);
}

const colours = new Map();  // name -> value, as the theme has it now

// A colour of theme.css. To ask the browser each time would take longer than to draw.
export function colour(name) {
  if (!colours.has(name)) {
    const {documentElement} = document;
    colours.set(name, getComputedStyle(documentElement).getPropertyValue(`--${name}`).trim());
  }
  return colours.get(name);
}

export function withAlpha(name, alpha) {
  const value = parseInt(colour(name).slice(1), 16);
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`;
}

export function setUpCharts() {
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.font.family = getComputedStyle(document.documentElement).fontFamily;
  Chart.defaults.plugins.legend.display = false;
  Chart.defaults.locale = 'en';
  takeThemeColours();
  darkTheme.addEventListener('change', takeThemeColours);  // before anybody draws anew
}

function takeThemeColours() {
  colours.clear();
  Chart.defaults.color = colour('muted');
  Chart.defaults.borderColor = colour('line');
}

const darkTheme = matchMedia('(prefers-color-scheme: dark)');

// Calls `draw` whenever the theme changes, until `signal` is aborted.
export function onThemeChange(signal, draw) {
  darkTheme.addEventListener('change', draw, {signal});
}

export const axis = (title, options = {}) => ({
  title: {display: title !== '', text: title},
  ...options,
  grid: {color: colour('line'), borderColor: colour('line'), ...options.grid},
});

// Without its middle: names often differ at their end.
export function shortened(text, length) {
  if (text.length <= length) return text;
  const end = Math.floor(length / 2);
  return `${text.slice(0, length - 1 - end)}…${text.slice(-end)}`;
}
