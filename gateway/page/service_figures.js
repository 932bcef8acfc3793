// The few of a process's metrics that tell how it fares; the same as `silhouette status` shows.

import {bytes, count, duration, plural, rate} from './format.js';

// The metrics of one process, by the part of their name behind "silhouette_SERVICE_".
class Metrics {
  constructor({service, metrics}) {
    this.prefix = `silhouette_${service.split('-')[0]}_`;
    this.metrics = metrics;
  }

  all(name) {
    return this.metrics.filter((metric) => metric.name === this.prefix + name);
  }

  // Summed over labels; 0 where there is none.
  value(name) {
    return this.all(name).reduce((sum, {value}) => sum + value, 0);
  }

  perSecond(name) {
    return this.all(name).reduce((sum, {perSecond = 0}) => sum + perSecond, 0);
  }

  has(name) {
    return this.all(name).length > 0;
  }
}

const packetRates = (metrics) => [
  ['Packets', `${rate(metrics.perSecond('received_packets_total'), 'packets')}, ${
      count(metrics.value('received_packets_total'))} in all`],
  ['Not decided yet', plural(metrics.value('pending_packets'), 'packet')],
];

// Since when the oldest of a queue waits, if that is worth a word.
const waits = (seconds, words) => seconds < 1 ? '' : `${words} ${duration(seconds)}`;

const linkOf = (metrics) => [
  ['Link holds', `${bytes(metrics.value('link_held_bytes'))}, ${
      bytes(metrics.value('link_unsent_bytes'))} unsent`],
  ['Oldest batch', waits(metrics.value('link_oldest_unsettled_seconds'), 'not stored for')],
  ['Link broke', metrics.value('link_breaks_total') > 0 ?
      plural(metrics.value('link_breaks_total'), 'time') : ''],
];

const lossesOf = (metrics, names) => [['Lost', names.map(
    ([name, words]) => `${count(metrics.value(name))} ${words}`).join(', ')]];

const kFigures = {
  'capture-svc': (metrics) => [
    ...packetRates(metrics),
    ...lossesOf(metrics, [['kernel_dropped_packets_total', 'dropped by the kernel'],
                          ['interface_dropped_packets_total', 'by the interface'],
                          ['shed_packets_total', 'shed']]),
    ...linkOf(metrics),
  ],
  'feature-svc': (metrics) => [
    ['Windows', `${rate(metrics.perSecond('windows_total'), 'windows')}, ${
        count(metrics.value('windows_total'))} in all`],
    ['Subjects', plural(metrics.value('subjects'), 'open subject')],
    ['Cut short', `${plural(metrics.value('partial_windows_total'), 'partial window')}, ${
        plural(metrics.value('evicted_subjects_total'), 'evicted subject')}`],
    ...linkOf(metrics),
  ],
  'classify-svc': (metrics) => [
    ['Verdicts', `${rate(metrics.perSecond('verdicts_total'), 'verdicts')}, ${
        count(metrics.value('verdicts_total'))} in all`],
    ['Models', metrics.all('model_info').filter(({value}) => value > 0)
        .map(({labels}) => `${labels.model} ${labels.version}`).join(', ')],
    ...(metrics.has('link_held_bytes') ? linkOf(metrics) : []),
  ],
  'gateway': (metrics) => [
    ['Stored', `${rate(metrics.perSecond('stored_verdicts_total'), 'verdicts')}, ${
        count(metrics.value('stored_verdicts_total'))} since it began`],
    ['Watchers', plural(metrics.value('watchers'), 'stream')],
    ['Jobs', metrics.all('jobs').filter(({value}) => value > 0)
        .map(({labels, value}) => `${count(value)} ${Object.values(labels).join(' ')}`).join(', ')],
    ['Oldest batch', waits(metrics.value('store_oldest_waiting_seconds'), 'waiting for')],
    ['Oldest job', waits(metrics.value('oldest_queued_job_seconds'), 'waiting for')],
    ['Spool', bytes(metrics.value('spool_bytes'))],
  ],
};

// [name, words] of a process that answered.
export function figuresOf(service) {
  return kFigures[service.service]?.(new Metrics(service)) ?? [];
}

// What somebody should look at.
export function alarmsOf(service) {
  const metrics = new Metrics(service);
  const isGrowing = (name) => metrics.perSecond(name) > 0;
  const certificateEnds = metrics.value('tls_certificate_end_timestamp_seconds');
  const days = (certificateEnds - Date.now() / 1000) / 86400;
  return [
    [isGrowing('kernel_dropped_packets_total'), 'The kernel drops packets.'],
    [isGrowing('shed_packets_total'), 'Packets are shed: it is too slow for the interface.'],
    [metrics.value('overload_rung') > 0, `Overload rung ${metrics.value('overload_rung')}.`],
    [metrics.value('store_failing') > 0, 'The store cannot be written: verdicts wait.'],
    [certificateEnds > 0 && days <= 14, days > 0 ?
        `The certificate ends in ${plural(Math.floor(days), 'day')}.` :
        'The certificate has expired.'],
  ].filter(([is]) => is).map(([, text]) => text);
}
