// Ticks of a time axis, where the reader's clock shows round times.

import {kMonths, two} from './format.js';

const kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
const kSteps = [
  100, 200, 500,
  ...[1, 2, 5, 10, 15, 30].map((n) => n * kSecond),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * kMinute),
  ...[1, 2, 3, 6, 12].map((n) => n * kHour),
  ...[1, 2, 7, 14, 28, 91, 182, 365].map((n) => n * kDay),
];

const midnight = (ms) => new Date(ms).setHours(0, 0, 0, 0);

function label(ms, step) {
  const date = new Date(ms);
  if (step >= kDay || ms === midnight(ms)) return `${date.getDate()} ${kMonths[date.getMonth()]}`;
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (step >= kMinute) return minutes;
  const seconds = `${minutes}:${two(date.getSeconds())}`;
  return step >= kSecond ? seconds : `${seconds}.${Math.floor(date.getMilliseconds() / 100)}`;
}

// Ticks count from midnight on the reader's clock, also on a day when that is changed.
function sameClock(ms, start) {
  const changed = new Date(ms).getTimezoneOffset() - new Date(start).getTimezoneOffset();
  return ms + changed * kMinute;
}

// At most `most` ticks {ms, label} in [fromMs, toMs], times in ms since the Unix epoch.
export function timeTicks(fromMs, toMs, most) {
  const span = toMs - fromMs;
  const step = kSteps.find((ms) => span / ms <= most) ?? kDay * Math.ceil(span / kDay / most);
  const ticks = [];
  for (let start = midnight(fromMs); start <= toMs;) {
    const next = midnight(start + (step >= kDay ? step + kDay / 4 : 1.5 * kDay));
    for (let ms = start; ms < next && ms <= toMs; ms += step) {
      const at = step > kHour ? sameClock(ms, start) : ms;
      if (at >= fromMs && at < next) ticks.push({ms: at, label: label(at, step)});
    }
    start = next;
  }
  return ticks;
}
