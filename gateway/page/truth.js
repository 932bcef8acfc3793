// What really happened, as CSV with start_s,end_s,label (seconds from the grid edge at or before
// the first packet) or start_ns,end_ns,label (since the Unix epoch). The same rules as
// learn/data/truth.cc.

const kSeconds = 'start_s,end_s,label', kAbsolute = 'start_ns,end_ns,label';

// {isAbsolute, isSimulated, intervals: [{from, to, label}]}, sorted; from and to are BigInt, in ns.
// Errors: what is wrong, in which line.
export function parseTruth(text) {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const truth = {isSimulated: lines.some((line) => line.startsWith('# simulated')), intervals: []};
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const cells = cellsOf(line);
    if (truth.isAbsolute === undefined) {
      truth.isAbsolute = isAbsolute(cells, i + 1);
    } else {
      truth.intervals.push(intervalOf(cells, truth.isAbsolute, i + 1));
    }
  }
  if (truth.intervals.length === 0) throw new Error('the truth has no interval');
  truth.intervals.sort((a, b) => (a.from < b.from ? -1 : 1));
  checkOverlap(truth.intervals);
  truth.intervals = truth.intervals.map(({from, to, label}) => ({from, to, label}));
  return truth;
}

function checkOverlap(sorted) {
  const at = sorted.findIndex((interval, i) => i > 0 && interval.from < sorted[i - 1].to);
  if (at < 0) return;
  const lines = [sorted[at - 1].line, sorted[at].line];
  throw new Error(`truth, line ${Math.max(...lines)}: the interval overlaps that of line ${
      Math.min(...lines)}; let one end where the other starts`);
}

// Cells that are quoted may hold commas.
function cellsOf(line) {
  const cells = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g).slice(0, 3);
  return cells.map((cell) => {
    const plain = cell.replace(/,$/, '').trim();
    return plain.startsWith('"') ? plain.slice(1, -1).replaceAll('""', '"') : plain;
  });
}

function isAbsolute(cells, line) {
  const header = cells.join(',');
  if (header === kSeconds || header === kAbsolute) return header === kAbsolute;
  throw new Error(`truth, line ${line}: "${header}" is no header; begin with ${kSeconds} or ${
      kAbsolute}`);
}

function intervalOf([from, to, label], isAbsolute, line) {
  const time = (text = '') => {
    const [, whole, fraction = ''] = /^(\d+)(?:\.(\d{1,9})0*)?$/.exec(text) ?? [];
    if (whole === undefined || (isAbsolute && fraction !== '')) {
      throw new Error(`truth, line ${line}: "${text}" is no time`);
    }
    return isAbsolute ? BigInt(whole) : BigInt(whole + fraction.padEnd(9, '0'));
  };
  const interval = {from: time(from), to: time(to), label, line};
  if (interval.to > interval.from && label) return interval;
  throw new Error(`truth, line ${line}: an interval ends after its start and has a label`);
}

// The intervals with times since the Unix epoch. `edgeNs` is the grid edge at or before the first
// packet.
export function absoluteIntervals(truth, edgeNs) {
  if (truth.isAbsolute) return truth.intervals;
  return truth.intervals.map(
      ({from, to, label}) => ({from: from + edgeNs, to: to + edgeNs, label}));
}

// The grid edge at or before a time, all in ns as BigInt.
export function edgeBefore(timeNs, gridStartNs, lengthNs) {
  const offset = ((timeNs - gridStartNs) % lengthNs + lengthNs) % lengthNs;
  return timeNs - offset;
}

// How far apart the windows of a segment are.
export const hopOf = ({from, to, windows}, lengthNs) =>
    windows > 1 ? (to - from - lengthNs) / (windows - 1) : lengthNs;

// Windows of segments whose middle lies in an interval, and those of them in the class of its
// label: {windows, right}. Segments and intervals are {from, to, label} in the same unit.
export function agreement(segments, intervals, lengthNs) {
  let windows = 0, right = 0, i = 0;
  for (const segment of segments) {
    const hop = hopOf(segment, lengthNs);
    for (let w = 0; w < segment.windows; ++w) {
      const middle = segment.from + w * hop + lengthNs / 2;
      while (i < intervals.length && intervals[i].to <= middle) ++i;
      if (i === intervals.length || intervals[i].from > middle) continue;
      ++windows;
      if (intervals[i].label === segment.label) ++right;
    }
  }
  return {windows, right};
}
