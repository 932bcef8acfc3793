// What the page tells of itself: whether the gateway answers, errors, and what a reader of the
// screen would not see.

import {button, byId, el, setText} from './dom.js';

const kSayAfter = 400;  // ms; a request that fails once is no news

let lostTimer = null;

// The gateway does not answer.
export function connectionLost() {
  lostTimer ??= setTimeout(() => {
    const text = 'No connection to the gateway. Trying again; nothing that it stores meanwhile is ' +
        'lost.';
    setText(byId('connection'), text);
    byId('connection').hidden = false;
    announce(text);
  }, kSayAfter);
}

// It answers (again).
export function connectionBack() {
  if (lostTimer === null) return;
  clearTimeout(lostTimer);
  lostTimer = null;
  if (!byId('connection').hidden) announce('The gateway answers again.');
  byId('connection').hidden = true;
}

// Shows an error until the reader closes it or goes elsewhere.
export function showError(text) {
  const close = button('×', clearError, {class: 'close', 'aria-label': 'Close this message'});
  byId('message').replaceChildren(el('p', {class: 'note warning'}, close, text));
}

export function clearError() {
  byId('message').replaceChildren();
}

// For promises that nobody waits for. What was called off is no error.
export function reportErrors(promise) {
  promise.catch((error) => {
    if (error.name === 'AbortError') return;
    showError(error.message);
    if (!error.isAnswer) console.error(error);
  });
}

export function announce(text) {
  setText(byId('announcer'), text);
}
