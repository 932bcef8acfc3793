// Numbers and times for people. Times come as nanoseconds since the Unix epoch, in text, as
// Protobuf's JSON has them; BigInt keeps them exact.

const kNsPerSecond = 1000000000n;
export const kHourNs = 3600n * kNsPerSecond;

export const count = (value) => Number(value).toLocaleString('en');
export const plural = (value, one) => `${count(value)} ${one}${Number(value) === 1 ? '' : 's'}`;
export const share = (value) => Number.isFinite(value) ? value.toFixed(3) : '–';
export const percent = (value, digits = 0) =>
    Number.isFinite(value) ? `${(100 * value).toFixed(digits)} %` : '–';
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// Seven digits, as the store keeps features.
export function number(value) {
  if (!Number.isFinite(value)) return String(value);
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(3);
  return String(+value.toPrecision(7));
}

export const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

export function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let amount = Number(value), unit = 0;
  for (; amount >= 1024 && unit + 1 < units.length; ++unit) amount /= 1024;
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`;
}

export function rate(perSecond, what) {
  const isSmall = perSecond > 0 && perSecond < 10;
  return `${isSmall ? perSecond.toFixed(1) : count(Math.round(perSecond))} ${what}/s`;
}

// ---- times --------------------------------------------------------------------------------------

export const milliseconds = (ns) => Number(BigInt(ns) / 1000000n);
export const nowNs = () => BigInt(Date.now()) * 1000000n;

export const two = (value) => String(value).padStart(2, '0');
export const kMonths = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

export function day(date) {
  return `${date.getDate()} ${kMonths[date.getMonth()]} ${date.getFullYear()}`;
}

// The time of day where the reader is, as exact as it was told.
export function timeOfDay(ns) {
  const date = new Date(milliseconds(ns));
  const fraction = ((BigInt(ns) % kNsPerSecond) + kNsPerSecond) % kNsPerSecond;
  const digits = String(fraction).padStart(9, '0').replace(/0+$/, '');
  const whole = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return digits === '' ? whole : `${whole}.${digits}`;
}

export const dateAndTime = (ns) => `${day(new Date(milliseconds(ns)))} ${timeOfDay(ns)}`;

// To the second, for headings.
export const dateAndSeconds = (ns) => dateAndTime(BigInt(ns) - BigInt(ns) % kNsPerSecond);

// Two times, with their days where these differ; to a tenth of a second.
export function range(fromNs, toNs) {
  const dayOf = (ns) => day(new Date(milliseconds(ns)));
  const isOneDay = dayOf(fromNs) === dayOf(toNs);
  const written = (ns) => (isOneDay ? timeOfDay(ns) : dateAndTime(ns)).replace(/(\.\d).*/, '$1');
  return `${written(fromNs)} – ${written(toNs)}`;
}

export const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

// Two of the largest units.
export function duration(seconds) {
  if (seconds < 1) return `${+(seconds * 1000).toPrecision(3)} ms`;
  if (seconds < 60) return `${+seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const days = Math.floor(hours / 24);
  return days === 0 ? `${hours} h ${two(minutes % 60)} min` : `${days} d ${hours % 24} h`;
}

export const between = (fromNs, toNs) => duration(Number(BigInt(toNs) - BigInt(fromNs)) / 1e9);
export const since = (ns) => between(ns, nowNs());

// ---- names --------------------------------------------------------------------------------------

// The parts of a subject's name: what kind it is, and whom it is about.
export function subjectParts(name) {
  const colon = name.indexOf(':');
  if (colon <= 0) return {kind: 'subject', who: name};
  const kind = name.slice(0, colon), who = name.slice(colon + 1);
  if (!['conversation', 'device', 'device-mac', 'flow'].includes(kind)) {
    return {kind: 'subject', who: name};
  }
  const ends = /^([^-]+)-([^-]+)\/([\w.]+)$/.exec(who);
  return ends ? {kind: `${kind}, ${ends[3]}`, who: `${ends[1]} ↔ ${ends[2]}`} : {kind, who};
}

// "file:call.pcap" as it is; a job's run goes by the name of its capture.
export function originName(origin, jobName) {
  if (origin === '') return '(no origin)';
  return origin.startsWith('job:') && jobName ? jobName : origin.replace(/^file:/, '');
}
