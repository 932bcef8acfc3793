// Server-sent events, read by fetch: EventSource cannot send a token.

import {ApiError, fetchAnswer, mayPass, pause, pauseOf, seen, urlOf} from './api.js';
import {connectionLost} from './connection.js';
import {askForToken} from './token.js';

const kLongestSilence = 40000;  // ms; the gateway says something every 15,000

// Cuts a stream of text into events {id, event, data}, as HTML's chapter on server-sent events
// says; a line ends in LF or CR LF.
export class EventParser {
  #rest = '';
  #event = {data: []};

  // The events that end within the next piece.
  add(text) {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = lines.pop();
    return lines.flatMap((line) => this.#addLine(line));
  }

  #addLine(line) {
    if (line === '') {
      const {data, ...others} = this.#event;
      this.#event = {data: []};
      return data.length > 0 ? [{...others, data: data.join('\n')}] : [];
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === 'data') this.#event.data.push(value);
    if (name === 'id' || name === 'event') this.#event[name] = value;
    return [];
  }
}

class Ended extends Error {}

// Reads one connection's events until it breaks (an error, or the end of the body). Throws Ended
// where the server said that nothing follows.
async function readEvents(url, headers, signal, take) {
  const answer = await within(kLongestSilence, fetchAnswer(url, {headers, signal}));
  const parser = new EventParser();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const {value, done} = await within(kLongestSilence, reader.read());
    if (done) return;
    for (const {event, data, id} of parser.add(value)) {
      if (event === 'end') throw new Ended();
      if (event === 'error') throw new ApiError(0, JSON.parse(data).error);
      take(JSON.parse(data), id);
    }
  }
}

async function within(ms, promise) {
  let timer = null;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('the server is silent')), ms);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}

// A signal that is also aborted when the page goes out of view.
function whileSeen(signal) {
  const hidden = new AbortController();
  const check = () => {
    if (document.visibilityState !== 'visible') hidden.abort();
  };
  document.addEventListener('visibilitychange', check, {signal: hidden.signal});
  return {hidden, both: AbortSignal.any([signal, hidden.signal])};
}

// Gives `take` each event, over as many connections as it takes, and calls `begin` before each: a new
// one goes on behind the last event's cursor. Resolves when the server says that nothing follows.
// Errors: an ApiError that another try would meet again, what `take` throws, and `signal`'s reason.
export async function follow(path, parameters, {signal, take, begin = () => {}}) {
  let cursor = '';
  for (let failures = 0;;) {
    await seen(signal);
    const {hidden, both} = whileSeen(signal);
    let isTaking = false;
    const takeNext = (event, id) => {
      failures = 0;
      isTaking = true;
      take(event);
      isTaking = false;
      cursor = id ?? cursor;
    };
    begin();
    try {
      await readEvents(urlOf(path, parameters), cursor === '' ? {} : {'Last-Event-ID': cursor},
                       both, takeNext);
    } catch (error) {
      if (error instanceof Ended) return;
      if (isTaking) throw error;  // the page's own fault
      signal.throwIfAborted();
      if (hidden.signal.aborted) continue;
      if (error.status === 401) {
        await askForToken(error.message);
      } else if (error.isAnswer && !mayPass(error)) {
        throw error;
      } else if (!error.isAnswer) {
        connectionLost();
      }
    } finally {
      hidden.abort();
    }
    await pause(pauseOf(++failures), signal);
  }
}
