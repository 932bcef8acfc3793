// Requests to the gateway's REST.

import {clearError, connectionBack, connectionLost, showError} from './connection.js';
import {askForToken, authorization} from './token.js';

const kLongestAnswer = 75000;          // ms; the gateway gives up after 60,000
const kLook = 200;                // ms
const kPauses = [300, 700, 1500, 2000];  // ms between tries
const kLongestPause = 10000;      // ms between looks, however long they take
const kPassing = ['UNAVAILABLE', 'CANCELLED', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED'];

// What the gateway answered instead of what was asked for. `code` is a gRPC status code's name.
export class ApiError extends Error {
  constructor(status, {code = 'UNKNOWN', message} = {}) {
    super(message || `the gateway answered with HTTP status ${status}`);
    this.status = status;
    this.code = code;
    this.isAnswer = true;
  }
}

export function urlOf(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === null || value === '') continue;
    for (const one of [value].flat()) query.append(name, String(one));
  }
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

export const runParameters = ({origin, run}) => ({'run.origin': origin, 'run.run': run});

// Waits; rejects when `signal` is aborted.
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const call = () => reject(signal.reason);
    if (signal?.aborted) return call();
    setTimeout(() => {
      signal?.removeEventListener('abort', call);
      resolve();
    }, ms);
    signal?.addEventListener('abort', call, {once: true});
  });
}

export const pauseOf = (failures) => kPauses[Math.min(failures, kPauses.length) - 1];

// Of an answer: another try may meet a better one.
export const mayPass = (error) => kPassing.includes(error.code);

// The error in an answer's body. A proxy's, which is no JSON, says no more than its status.
export async function errorOf(answer) {
  const {error} = await answer.json().catch(() => ({})) ?? {};
  const code = answer.status >= 500 ? 'UNAVAILABLE' : undefined;
  return new ApiError(answer.status, error ?? {code});
}

// The answer to a request that this page may make. Errors: ApiError, and where there is no
// connection fetch's.
export async function fetchAnswer(url, {headers = {}, ...options} = {}) {
  const answer = await fetch(url, {
    ...options, headers: {...authorization(), ...headers}, cache: 'no-store',
  });
  connectionBack();
  if (!answer.ok) throw await errorOf(answer);
  return answer;
}

async function tryOnce(url, method, signal) {
  const patience = AbortSignal.timeout(kLongestAnswer);
  const answer = await fetchAnswer(url, {
    method, signal: signal ? AbortSignal.any([signal, patience]) : patience,
  });
  return answer.json();
}

// The answer to a request that may be repeated. While there is no connection it waits for one;
// where the server wants a token it asks for one. Errors: ApiError, and `signal`'s reason.
export async function ask(path, parameters = {}, {method = 'GET', signal} = {}) {
  for (let failures = 0;;) {
    try {
      return await tryOnce(urlOf(path, parameters), method, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error.status === 401) {
        await askForToken(error.message);
      } else if (error.isAnswer) {
        throw error;
      } else {
        connectionLost();
        await pause(pauseOf(++failures), signal);
      }
    }
  }
}

// All pages of a list; `take` gets each as it comes.
export async function askAll(path, parameters, {signal, take}) {
  let pageToken = '';
  do {
    const page = await ask(path, {...parameters, pageToken}, {signal});
    take(page);
    pageToken = page.nextPageToken;
  } while (pageToken);
}

// Does `work` now and every `ms` while the page is seen, until `signal` is aborted. What the
// gateway answers instead is shown, and tried again.
export async function repeat(ms, signal, work) {
  let hasFailed = false;
  while (!signal.aborted) {
    await seen(signal);
    const began = performance.now();
    try {
      await work();
      if (hasFailed) clearError();
      hasFailed = false;
    } catch (error) {
      if (!error.isAnswer) throw error;
      showError(error.message);
      hasFailed = true;
    }
    // What takes long is done less often. That may have been the time without a connection.
    const took = performance.now() - began;
    await pause(Math.max(ms, Math.min(10 * took, kLongestPause)), signal);
  }
}

// What `work` resolves to, once it does. What the gateway answers instead goes to `tell`, and where
// `isPassing` says so of it, `work` is done again. Errors: the others.
export async function persist(work, {signal, tell, isPassing = mayPass}) {
  for (let failures = 0;;) {
    try {
      return await work();
    } catch (error) {
      if (!error.isAnswer || !isPassing(error)) throw error;
      tell(error);
      await pause(pauseOf(++failures), signal);
    }
  }
}

// Resolves once the page is in view. Pages in the background hold no connections: a browser has six
// to a server, for all its tabs.
export async function seen(signal) {
  while (document.visibilityState !== 'visible') await pause(kLook, signal);
}
