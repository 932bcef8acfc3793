// Zooming, panning and choosing a window on the timeline: by mouse, touch and keyboard.

const kClickMoves = 5;   // px at most
const kZoom = 1.5;
const kPan = 0.2;        // of what is shown

// `actions` are {choose(x), step(windows), enter(), leave()}; `chart` a TimelineChart, `view` its
// Viewport. `surface` gets the pointer, `keys` the keyboard.
export function listen({surface, keys, chart, view, actions}) {
  listenToPointers(surface, chart, view, actions);
  listenToWheel(surface, chart, view);
  keys.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const action = keyAction(event, view, actions);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function listenToPointers(surface, chart, view, actions) {
  const pointers = new Map();  // id -> {x, y} now
  let start = null;            // {x, y, moved} of the first

  surface.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !chart.isDrawn) return;
    surface.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, {x: event.clientX, y: event.clientY});
    start = {x: event.clientX, y: event.clientY, moved: pointers.size > 1};
  });

  surface.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = {x: event.clientX, y: event.clientY};
    start.moved ||= Math.hypot(now.x - start.x, now.y - start.y) > kClickMoves;
    if (!start.moved) return;
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (pointers.size === 1) view.pan((before.x - now.x) / chart.plotWidth);
    if (pointers.size === 2) pinch(chart, view, other, before, now);
    pointers.set(event.pointerId, now);
  });

  const release = (event) => {
    const wasDown = pointers.delete(event.pointerId);
    if (wasDown && event.type === 'pointerup' && !start.moved) {
      actions.choose(chart.timeAt(event.clientX));
    }
  };
  surface.addEventListener('pointerup', release);
  surface.addEventListener('pointercancel', release);
}

// One finger has moved; the other stays on its time.
function pinch(chart, view, other, before, now) {
  const distance = ({x}) => Math.max(Math.abs(x - other.x), 10);
  view.zoom(distance(before) / distance(now), chart.timeAt(other.x));
}

function listenToWheel(surface, chart, view) {
  surface.addEventListener('wheel', (event) => {
    if (!chart.isDrawn) return;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      view.pan(event.deltaX / chart.plotWidth);
    } else if (event.deltaY < 0 || !view.showsAll) {  // else the page scrolls
      event.preventDefault();
      view.zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 100) / 300),
                chart.timeAt(event.clientX));
    }
  }, {passive: false});

  surface.addEventListener('dblclick', (event) => {
    if (chart.isDrawn) view.zoom(1 / 3, chart.timeAt(event.clientX));
  });
}

// What a key does; undefined: nothing.
function keyAction({key, shiftKey}, view, actions) {
  return {
    ArrowLeft: () => (shiftKey ? actions.step(-1) : view.pan(-kPan)),
    ArrowRight: () => (shiftKey ? actions.step(1) : view.pan(kPan)),
    ArrowUp: () => view.zoom(1 / kZoom),
    ArrowDown: () => view.zoom(kZoom),
    '+': () => view.zoom(1 / kZoom),
    '-': () => view.zoom(kZoom),
    ',': () => actions.step(-1),
    '.': () => actions.step(1),
    PageUp: () => view.pan(-0.9),
    PageDown: () => view.pan(0.9),
    Home: () => view.pan(-Infinity),
    End: () => view.pan(Infinity),
    '0': () => view.showAll(),
    Enter: () => actions.enter(),
    ' ': () => actions.enter(),
    Escape: () => actions.leave(),
  }[key];
}

// The same as buttons: [sign, what it does for who cannot see the sign, action].
export const zoomButtons = (view) => [
  ['◀', 'Earlier', () => view.pan(-0.5)],
  ['▶', 'Later', () => view.pan(0.5)],
  ['+', 'Zoom in', () => view.zoom(1 / 2)],
  ['−', 'Zoom out', () => view.zoom(2)],
  ['All', 'Show all of it', () => view.showAll()],
];
