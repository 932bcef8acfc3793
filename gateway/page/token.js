// The token of a server that wants one: asked for once, and kept until the tab is closed.

import {byId} from './dom.js';

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
      sessionStorage.setItem('token', byId('token').value.trim());
      byId('token').value = '';
      form.hidden = true;
      asking = null;
      resolve();
    };
  });
  return asking;
}
