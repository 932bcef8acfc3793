// The token of a server that wants one: asked for once, and kept until the tab is closed.

import {byId} from './dom.js';

// What a header can hold; anything else would be no token of any server.
const kToken = /^[\x21-\x7e]+$/;

let asking = null;

export const token = () => sessionStorage.getItem('token');

export const authorization = () => token() ? {Authorization: `Bearer ${token()}`} : {};

// Resolves when the reader gave one. `why` is what the server said.
export function askForToken(why) {
  asking ??= new Promise((resolve) => {
    const form = byId('token-form');
    byId('token-why').textContent = why;
    form.hidden = false;
    byId('token').focus();
    form.onsubmit = (event) => {
      event.preventDefault();
      const given = byId('token').value.trim();
      byId('token').value = '';
      if (!kToken.test(given)) {
        byId('token-why').textContent = 'A token is made of letters, digits and signs of ASCII, ' +
            'without a space; this one is not.';
        return;
      }
      sessionStorage.setItem('token', given);
      form.hidden = true;
      asking = null;
      resolve();
    };
  });
  return asking;
}
