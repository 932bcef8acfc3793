// The page as a whole: which part of it the URL's hash names, and files that are dropped on it.

import {setUpCharts} from './charts.js';
import {announce, clearError, reportErrors, showError} from './connection.js';
import {button, byId} from './dom.js';
import {listenForFiles, pairUp} from './drop.js';
import {IncidentsView} from './incidents.js';
import {JobsView} from './jobs.js';
import {ModelsView} from './models.js';
import {parseRoute} from './route.js';
import {RunView} from './run_view.js';
import {StatusView} from './status.js';
import {keepTruth} from './truths.js';

const kTitles = {
  run: 'Timelines', incidents: 'Incidents', jobs: 'Jobs', status: 'Status', models: 'Models',
};

setUpCharts();
const chooseFiles = listenForFiles((files) => reportErrors(takeFiles(files)));
const views = {
  run: new RunView(), incidents: new IncidentsView(), jobs: new JobsView(chooseFiles),
  status: new StatusView(), models: new ModelsView(),
};
let shown = null;  // name of a view
let lastRun = '#/';  // the place that was shown before another page was

function go() {
  const route = parseRoute(location.hash);
  clearError();
  if (route.view !== shown) {
    views[shown]?.hide();
    if (route.view === 'run') lastRun = '#/';
    byId('main').replaceChildren(views[route.view].element);
    document.title = `${kTitles[route.view]} – Silhouette`;
    if (shown !== null) announce(kTitles[route.view]);
    shown = route.view;
    markPage();
  }
  reportErrors(Promise.resolve(views[route.view].show(route)));
}

// Behind "Timelines" is where the reader was; from there on, the newest run.
function rememberRun() {
  if (shown === 'run') lastRun = location.hash;
}

function markPage() {
  document.querySelector('nav a[data-view="run"]').href = lastRun;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.view === shown) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }
}

// Captures become jobs; a truth alone goes with the run that is looked at.
async function takeFiles(files) {
  const {captures, truths} = await pairUp(files);
  if (captures.length > 0) {
    views.jobs.add(captures);
    await goTo('#/jobs');
  }
  if (truths.length > 0) takeTruths(truths, captures.length > 0);
}

// Resolves when the page is there: what is told before that is taken back by going there.
async function goTo(hash) {
  if (location.hash === hash) return;
  const there = new Promise((resolve) => {
    addEventListener('hashchange', resolve, {once: true});
  });
  location.hash = hash;
  await there;
}

function takeTruths(truths, hasCaptures) {
  const run = shown === 'run' ? views.run.run : undefined;
  const names = truths.map(({file}) => file.name).join(', ');
  if (hasCaptures || !run) {
    showError(`${names}: a truth goes with a capture of the same name that is dropped ` +
              'together with it, or with the run whose timeline is shown.');
  } else if (truths.length > 1) {
    showError(`${names}: a run has one truth; drop the one that is to be drawn.`);
  } else {
    views.run.setTruth(keepTruth(run, truths[0].csv));
    announce(`Truth ${names} is drawn.`);
  }
}

byId('choose').append(button('Hand in captures', chooseFiles, {class: 'quiet'}));
byId('skip').addEventListener('click', (event) => {
  event.preventDefault();  // the hash is the place on the page
  byId('main').focus();
});
document.querySelector('.top').addEventListener('click', rememberRun, {capture: true});
addEventListener('hashchange', go);
go();
document.documentElement.dataset.ready = 'true';
