// Places on the page, as the URL's hash has them:
//   #/run/ORIGIN/RUN
//   #/run/ORIGIN/RUN/first      its first call, or else its first subject
//   #/run/ORIGIN/RUN/subject/SUBJECT/MODEL?from=NS&to=NS&at=NS
//   #/incidents   #/jobs   #/status   #/models

const part = encodeURIComponent;

// {view, origin, run, isFirst, subject, model, from, to, at}; what the hash does not say is
// undefined, and times are text. A hash that means nothing is the first page.
export function parseRoute(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [view, ...rest] = path.split('/').map(decoded);
  if (['incidents', 'jobs', 'status', 'models'].includes(view)) return {view};
  const [origin, run, word, subject, model] = rest;
  if (view !== 'run' || run === undefined) return {view: 'run'};
  const place = {view, origin, run, isFirst: word === 'first' || undefined};
  if (word === 'subject' && subject !== undefined) Object.assign(place, {subject, model});
  for (const [name, value] of new URLSearchParams(query)) {
    if (['from', 'to', 'at'].includes(name) && /^-?\d+$/.test(value)) place[name] = value;
  }
  return place;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function hashOf({view, origin, run, isFirst, subject, model, from, to, at}) {
  if (view !== 'run') return `#/${view}`;
  if (run === undefined) return '#/';
  const path = [`#/run/${part(origin)}/${part(run)}`];
  if (isFirst && subject === undefined) path.push('/first');
  if (subject !== undefined) path.push(`/subject/${part(subject)}/${part(model ?? '')}`);
  const times = Object.entries({from, to, at}).filter(([, value]) => value !== undefined);
  const query = times.map(([name, value]) => `${name}=${value}`).join('&');
  return path.join('') + (query === '' ? '' : `?${query}`);
}

// Of a run, or a place within it.
export const runHash = ({origin, run}, place = {}) => hashOf({view: 'run', origin, run, ...place});

// Goes there without a new entry in the browser's history, and without telling the views.
export function replaceRoute(route) {
  const hash = hashOf(route);
  if (hash !== location.hash) history.replaceState(null, '', hash);
}

export const sameRun = (a, b) => a?.origin === b?.origin && a?.run === b?.run;
export const sameSubject = (a, b) =>
    sameRun(a, b) && a?.subject === b?.subject && (a?.model ?? '') === (b?.model ?? '');
