// Captures that are dropped on the page or chosen, each with its truth.

import {byId, el} from './dom.js';

const kMostTruthBytes = 1 << 20;  // as the gateway takes

const isTruth = (file) => /\.csv$/i.test(file.name);

// What a capture and its truth have in common: call.pcap.gz, call.truth.csv and call_truth.csv give
// "call".
export const stemOf = (name) => name.toLowerCase().replace(/\.(gz|zst)$/, '')
    .replace(/\.(pcap|pcapng|cap|csv)$/, '').replace(/[._-]?truth$/, '');

async function readTruth(file) {
  if (file.size > kMostTruthBytes) {
    throw new Error(`${file.name} is larger than 1 MiB: too large for a truth`);
  }
  return file.text();
}

// {captures: [{file, truthCsv}], truths: [{file, csv}] that go with none of them}.
export async function pairUp(files) {
  const truths = await Promise.all(files.filter(isTruth).map(async (file) => (
      {file, stem: stemOf(file.name), csv: await readTruth(file)})));
  const captures = files.filter((file) => !isTruth(file)).map((file) => {
    const truth = truths.find(({stem, isTaken}) => !isTaken && stem === stemOf(file.name));
    if (truth) truth.isTaken = true;
    return {file, truthCsv: truth?.csv ?? ''};
  });
  return {captures, truths: truths.filter(({isTaken}) => !isTaken)};
}

// Calls `take` with the files that are dropped anywhere. Returns what opens the choice of files.
export function listenForFiles(take) {
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  const show = (isOver) => {
    byId('drop').hidden = !isOver;
  };
  addEventListener('dragenter', (event) => {
    if (hasFiles(event)) show(true);
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) show(false);  // it left the window
  });
  addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();  // it may be dropped
  });
  addEventListener('drop', (event) => {
    show(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  const input = el('input', {type: 'file', multiple: true, hidden: true, id: 'files',
                             'aria-label': 'Captures and their truths'});
  input.addEventListener('change', () => {
    take([...input.files]);
    input.value = '';
  });
  document.body.append(input);
  return () => input.click();
}
