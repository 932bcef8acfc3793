// Where the truth of a run comes from: it was handed in with the run's job, or dropped on the page.

import {ask} from './api.js';
import {parseTruth} from './truth.js';

const keyOf = ({origin, run}) => `truth ${origin} ${run}`;

// A truth for a run that no job brought, kept until the tab is closed. Errors: what is wrong in it.
export function keepTruth(run, csv) {
  const truth = parseTruth(csv);
  sessionStorage.setItem(keyOf(run), csv);
  return truth;
}

// null where there is none. Errors: as `ask`, and what is wrong in it.
export async function truthOf(run, signal) {
  const csv = sessionStorage.getItem(keyOf(run)) ?? (await jobOf(run, signal))?.truthCsv;
  return csv ? parseTruth(csv) : null;
}

// The job that a run is of; null where it is of none.
async function jobOf({origin}, signal) {
  if (!origin.startsWith('job:')) return null;
  try {
    return (await ask(`/v1/jobs/${encodeURIComponent(origin.slice(4))}`, {}, {signal})).job;
  } catch (error) {
    if (error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
