"""What the page's modules make of all that a gateway, or a proxy before it, may answer."""

import unittest

from module_case import ModuleTest


class Requests(ModuleTest):
    def test_what_takes_long_is_done_less_often_up_to_ten_seconds(self):
        waits = self.run_js("api", """
            hurry();
            const took = [300000, 500, 1], calls = new AbortController();
            await m.repeat(2000, calls.signal, async () => {
              if (took.length === 0) calls.abort();
              now += took.shift() ?? 0;
            }).catch(() => {});
            return waits;""")
        self.assertEqual(waits, [10000, 5000, 2000])

    def test_what_a_proxy_answers_without_a_gateway_may_pass(self):
        told = self.run_js("api", """
            stand({'/v1/runs': [() => new Response('<h1>Bad Gateway</h1>', {status: 502}),
                                () => new Response('"odd"', {status: 500}),
                                () => new Response('no such page', {status: 404}),
                                {status: 404, code: 'NOT_FOUND'}]});
            const codes = [];
            for (let i = 0; i < 4; ++i) {
              await m.ask('/v1/runs').catch((error) => codes.push([error.code, m.mayPass(error)]));
            }
            return codes;""")
        self.assertEqual(told, [["UNAVAILABLE", True], ["UNAVAILABLE", True], ["UNKNOWN", False],
                                ["NOT_FOUND", False]])


class Events(ModuleTest):
    def test_events_are_the_same_however_they_are_cut(self):
        text = (":\n\nretry: 3000\n\nid: a:1\ndata: {\"n\":1}\n\nid: a:2\r\nevent: error\r\n"
                "data: {\r\ndata: }\r\n\r\nevent: end\ndata: {}\n\n")
        expected = [{"id": "a:1", "data": "{\"n\":1}"},
                    {"id": "a:2", "event": "error", "data": "{\n}"},
                    {"event": "end", "data": "{}"}]
        for size in (1, 2, 3, 7, 1000):
            events = self.run_js("events", """
                const [text, size] = args, parser = new m.EventParser(), events = [];
                for (let at = 0; at < text.length; at += size) {
                  events.push(...parser.add(text.slice(at, at + size)));
                }
                return events;""", text, size)
            self.assertEqual(events, expected)

    def follow(self, answers):
        """What a stream gives, and the cursors it asked with, where connections give `answers`."""
        return self.run_js("events", """
            stand({'/v1/timeline:watch': args[0]});
            const events = [];
            let error = null;
            await m.follow('/v1/timeline:watch', {}, {
              signal: new AbortController().signal, take: (event) => events.push(event.n),
            }).catch((e) => {
              error = e.code;
            });
            return {cursors: asked.map(([, {headers}]) => headers['Last-Event-ID'] ?? null), events,
                    error};""", answers)

    def test_a_stream_that_breaks_goes_on_behind_its_cursor(self):
        told = self.follow(["id: a:1\ndata: {\"n\":1}\n\nid: a:2\ndata: {\"n\":2}\n\n"
                            "id: a:3\ndata: {",
                            None, {"status": 503, "code": "UNAVAILABLE"},
                            "id: a:3\ndata: {\"n\":3}\n\nevent: error\n"
                            "data: {\"error\":{\"code\":\"UNAVAILABLE\",\"message\":\"ends\"}}\n\n",
                            "event: end\ndata: {}\n\n"])
        self.assertEqual(told, {"cursors": [None, "a:2", "a:2", "a:2", "a:3"],
                                "events": [1, 2, 3], "error": None})

    def test_a_stream_whose_cursor_is_another_stores_says_so(self):
        told = self.follow([{"status": 409, "code": "ABORTED"}])
        self.assertEqual(told["error"], "ABORTED")
        told = self.follow(["event: error\ndata: {\"error\":{\"code\":\"OUT_OF_RANGE\"}}\n\n"])
        self.assertEqual(told["error"], "OUT_OF_RANGE")


    def test_a_server_that_is_silent_before_its_answer_is_asked_again(self):
        told = self.run_js("events", """
            hurry();
            const never = (_, {signal}) => new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason));
            });
            stand({'/v1/jobs:watch': [never, 'event: end\\ndata: {}\\n\\n']});
            await m.follow('/v1/jobs:watch', {}, {signal: new AbortController().signal,
                                                  take: () => {}});
            return [asked.length, asked[0][1].signal.aborted];""")
        self.assertEqual(told, [2, True])

    def test_what_goes_wrong_in_the_page_is_no_lost_connection(self):
        told = self.run_js("events", """
            stand({'/v1/jobs:watch': ['data: {"n":1}\\n\\n']});
            const error = await m.follow('/v1/jobs:watch', {}, {
              signal: new AbortController().signal, take: ({n}) => n.no.such,
            }).catch((error) => error);
            return [error.name, asked.length];""")
        self.assertEqual(told, ["TypeError", 1])


class LiveTimelines(ModuleTest):
    FEED = """
        const {TimelineData} = await import('/timeline_data.js');
        const kStart = 1700000000000000000n, kWindow = 500000000n;
        const start = (w) => String(kStart + BigInt(w) * kWindow);
        const points = (windows) => ({windowStartNs: windows.map(start),
            classIndex: windows.map((w) => w < 5 ? 0 : 1), probability: windows.map(() => 0.75)});
        const segment = (from, to, name) => ({fromNs: start(from), toNs: start(to), class: name,
            confidence: 0.75, windows: String(to - from)});
        const watched = (windows, cursor, more = {}) => 'id: ' + cursor + '\\ndata: ' +
            JSON.stringify({points: points(windows), classes: ['a', 'b'], cursor,
                            lengthNs: String(kWindow), missed: '0', ...more}) + '\\n\\n';
        const kEnd = 'event: end\\ndata: {}\\n\\n';
        const timeline = (to, method) => ({classes: ['a', 'b'], method: 'TIMELINE_METHOD_' + method,
            model: 'm', points: points([...Array(to).keys()]),
            segments: [segment(0, Math.min(to, 5), 'a'),
                       ...(to > 5 ? [segment(5, to, 'b')] : [])]});
        const busy = {status: 503, code: 'UNAVAILABLE', message: 'busy'};
        const verdicts = {verdicts: [0, 1].map((w) => ({windowStartNs: start(w),
                                                        windowEndNs: start(w + 1)}))};
        const run = {origin: 'o', run: 'r', ended: false, firstPacketNs: start(0),
                     gridStartNs: '0'};
        const data = new TimelineData({origin: 'o', run: 'r', subject: 's', model: 'm'}, run);
        const notes = [], shapes = [];
        const feed = new m.TimelineFeed(data, {signal: new AbortController().signal,
            onChange: () => shapes.push(data.windows), onNote: (note) => notes.push(note)});
        const written = () => data.segments.map(({label, windows}) => [label, windows]);
        """

    def feed(self, body):
        return self.run_js("timeline_feed", self.FEED + body)

    def test_windows_are_joined_to_segments_and_the_finished_timeline_takes_their_place(self):
        told = self.feed("""
            stand({'/v1/verdicts': [verdicts],
                   '/v1/timeline': [timeline(3, 'FORWARD'), timeline(4, 'FORWARD'),
                                    timeline(9, 'VITERBI')],
                   '/v1/timeline:watch': [watched([2], 'a:3') + watched([3, 4], 'a:5') +
                       watched([4, 5, 6], 'a:7') + watched([], 'a:7', {ended: true}) + kEnd]});
            await feed.run();
            return {written: written(), method: data.method, shapes: shapes.at(-2), notes};""")
        self.assertEqual(told, {"written": [["a", 5], ["b", 4]], "shapes": 7,
                                "method": "TIMELINE_METHOD_VITERBI", "notes": [""]})

    def test_what_was_missed_is_told_and_asked_for_again(self):
        told = self.feed("""
            stand({'/v1/verdicts': [verdicts],
                   '/v1/timeline': [timeline(1, 'FORWARD'), timeline(1, 'FORWARD'),
                                    timeline(8, 'FORWARD'), timeline(8, 'VITERBI')],
                   '/v1/timeline:watch': [watched([0], 'a:1') +
                                          watched([7], 'a:8', {missed: '6'}) + kEnd]});
            await feed.run();
            return {written: written(), notes};""")
        self.assertEqual(told["written"], [["a", 5], ["b", 3]])
        self.assertRegex(told["notes"][-1], "^Missed 6: ")

    def test_a_gateway_that_is_busy_is_asked_again_at_the_begin_behind_events_and_at_the_end(self):
        told = self.feed("""
            stand({'/v1/verdicts': [busy, verdicts],
                   '/v1/timeline': [busy, timeline(1, 'FORWARD'), busy, busy,
                                    timeline(1, 'FORWARD'), busy, timeline(8, 'VITERBI')],
                   '/v1/timeline:watch': [watched([0], 'a:1') + watched([1, 2, 3], 'a:4') + kEnd]});
            await feed.run();
            return {written: written(), before: shapes.at(-2), notes};""")
        self.assertEqual(told["written"], [["a", 5], ["b", 3]])
        self.assertEqual(told["before"], 4)  # what came while it was busy
        self.assertEqual(told["notes"], ["busy", "busy", "", "", "busy", "busy", "", "busy", ""])

    def test_events_are_kept_where_all_of_it_cannot_be_asked_for_again(self):
        told = self.feed("""
            stand({'/v1/verdicts': [verdicts],
                   '/v1/timeline': [timeline(2, 'FORWARD'), {status: 500, code: 'INTERNAL'},
                                    timeline(4, 'VITERBI')],
                   '/v1/timeline:watch': [watched([1], 'a:1') + watched([2, 3], 'a:4') + kEnd]});
            await feed.run();
            return {before: shapes.at(-2), notes};""")
        self.assertEqual(told, {"before": 4, "notes": ["", "told so"]})


    def test_times_count_from_the_first_window_that_was_told_also_when_it_is_forgotten(self):
        told = self.feed("""
            const later = {...timeline(9, 'FORWARD'), points: points([6, 7, 8]),
                           segments: [segment(6, 9, 'b')]};
            stand({'/v1/verdicts': [verdicts], '/v1/timeline': [timeline(9, 'FORWARD'), later]});
            await data.load();
            await data.load();
            return [String(data.zero) === start(0), data.segments[0].from / 5e8, data.whole.x[0] / 5e8];
            """)
        self.assertEqual(told, [True, 6, 6])

    def test_windows_that_overlap_are_found_where_the_first_ones_lie_apart(self):
        told = self.feed("""
            const long = {verdicts: [{windowStartNs: start(0), windowEndNs: start(4)},
                                     {windowStartNs: start(3), windowEndNs: start(7)}]};
            const part = (from, to, name, windows) => ({...segment(from, to, name), windows});
            stand({'/v1/verdicts': [long], '/v1/timeline': [{...timeline(9, 'FORWARD'), segments: [
              part(0, 4, 'a', '1'), part(3, 10, 'b', '2'), part(7, 17, 'a', '7')]}]});
            await data.load();
            const beside = (w, step) => data.windowBeside(data.x(start(w)), step) / 5e8;
            return {hop: data.hopNs / 5e8,
                    at: [9, 11].map((w) => data.windowAt(data.x(start(w))) / 5e8),
                    after: [0, 3, 6, 7, 12, 13].map((w) => beside(w, 1)),
                    before: [13, 8, 7, 6, 3, 0].map((w) => beside(w, -1))};""")
        self.assertEqual(told, {"hop": 1, "at": [6, 11], "after": [3, 6, 7, 8, 13, 13],
                                "before": [12, 7, 6, 3, 0, 0]})

    def test_finer_points_that_come_behind_the_end_of_the_run_are_of_no_use(self):
        told = self.feed("""
            const coarse = (method) => ({...timeline(400, method), points: points([0, 100, 200])});
            stand({'/v1/verdicts': [verdicts],
                   '/v1/timeline': [coarse('FORWARD'), async () => {
                     await ended;
                     return new Response(JSON.stringify(timeline(20, 'FORWARD')));
                   }, coarse('VITERBI'), timeline(20, 'VITERBI')]});
            await data.load();
            let end = null;
            const ended = new Promise((resolve) => {
              end = resolve;
            });
            const stretch = {from: 0, to: 10 * 5e8};
            const loading = data.loadDetail(stretch);
            await data.load();
            end();
            const isNew = await loading, before = data.detail;
            return [isNew, before, await data.loadDetail(stretch), data.detail.points.x.length];""")
        self.assertEqual(told, [False, None, True, 20])


class Uploads(ModuleTest):
    # `puts` are what uploads are answered: a status and code, or null where the connection breaks.
    UPLOADS = """
        hurry();
        const sends = [], puts = args[0];
        window.XMLHttpRequest = class {
          upload = {};
          offset = null;
          open(method, url) { this.path = url.split('?')[0]; }
          setRequestHeader(name, value) { if (name === 'Upload-Offset') this.offset = value; }
          abort() { this.onabort(); }
          send() {
            sends.push([this.path, this.offset]);
            const answer = puts.length > 1 ? puts.shift() : puts[0];
            later(() => {
              if (answer === null) return this.onerror();
              this.status = answer.status;
              this.responseText = JSON.stringify({error: {code: answer.code, message: 'told so'}});
              this.onload();
            }, 0);
          }
        };
        const uploading = {job: {id: 'a', state: 'JOB_STATE_UPLOADING', receivedBytes: '3'}};
        const fileOf = (name) => new File(['a capture'], name);
        """
    DONE = {"status": 200}
    HELD = {"status": 409, "code": "ABORTED"}

    def upload(self, puts, answers="{'/v1/runs': [{}], '/v1/jobs/a': [uploading]}"):
        return self.run_js("upload", self.UPLOADS + """
            stand(%s);
            const upload = new m.Upload('a', fileOf('a.pcap'), '', () => {});
            await upload.run();
            return {state: upload.state, error: upload.error,
                    offsets: sends.map(([, offset]) => offset), seconds: now / 1000};""" % answers,
                           puts)

    def test_goes_on_once_the_gateway_has_noticed_that_the_connection_broke(self):
        told = self.upload([None, *[self.HELD] * 9, {"status": 429, "code": "RESOURCE_EXHAUSTED"},
                            self.DONE])
        self.assertEqual((told["state"], told["error"]), ("sent", ""))
        self.assertEqual(told["offsets"], [None] + ["3"] * 11)

    def test_that_gets_on_no_more_fails_behind_a_minute_and_a_half(self):
        told = self.upload([self.HELD])
        self.assertEqual((told["state"], told["error"]), ("failed", "told so"))
        self.assertGreater(told["seconds"], 90)
        self.assertLess(told["seconds"], 95)

    def test_whose_answer_was_lost_is_sent(self):
        told = self.upload([None, {"status": 409, "code": "FAILED_PRECONDITION"}],
                           "{'/v1/runs': [{}], '/v1/jobs/a': [{job: {state: 'JOB_STATE_QUEUED'}}]}")
        self.assertEqual((told["state"], told["error"]), ("sent", ""))
        self.assertEqual(told["offsets"], [None])

    def test_the_next_one_goes_on_whatever_becomes_of_the_one_before(self):
        told = self.run_js("jobs_model", self.UPLOADS + """
            const broken = {status: 503, code: 'UNAVAILABLE'};
            stand({'/v1/runs': [broken]});
            const model = new m.JobsModel(() => {}, () => {});
            const odd = fileOf('odd.pcap'), next = fileOf('next.pcap');
            odd.slice = () => { throw new Error('is a folder'); };
            for (const file of [odd, next]) model.add(file, '');
            const stateOf = (i) => model.all.find(({upload}) => upload.file === [odd, next][i]);
            await until(() => !model.isUploading);
            return model.all.map(({upload}) => [upload.file.name, upload.state, upload.error]);""",
                           [None, None, self.DONE])
        self.assertEqual(sorted(told), [
            ["next.pcap", "sent", ""],
            ["odd.pcap", "failed", "odd.pcap was changed or removed; hand it in again"]])


class Jobs(ModuleTest):
    JOBS = """
        const jobOf = (n) => ({id: 'job' + n, createdNs: String(n * 1e9), state: 'JOB_STATE_DONE'});
        const newest = (from, to) => Array.from({length: from - to + 1}, (_, i) => from - i)
            .filter((n) => n > 0 && !gone.has(n)).map(jobOf);
        const gone = new Set();
        const told = (jobs, deleted = []) => 'data: ' + JSON.stringify({jobs, deleted}) + '\\n\\n';
        const model = new m.JobsModel(() => {}, () => {});
        const ids = () => model.all.map(({id}) => id);
        const watch = (...connections) => {
          stand({'/v1/jobs:watch': [...connections.slice(0, -1),
                                    connections.at(-1) + 'event: end\\ndata: {}\\n\\n'],
                 '/v1/jobs': [(url) => {
                   const from = Number(new URLSearchParams(url.split('?')[1]).get('pageToken')) || 150;
                   const body = {jobs: newest(from, from - 99), nextPageToken: from > 100 ? String(from - 100) : ''};
                   return new Response(JSON.stringify(body));
                 }]});
          return model.watch(new AbortController().signal);
        };
        """

    def test_those_that_were_deleted_while_nobody_watched_go(self):
        ids = self.run_js("jobs_model", self.JOBS + """
            await watch(told([jobOf(3), jobOf(2)]), told([jobOf(3)]) + told([jobOf(4)]));
            return ids();""")
        self.assertEqual(ids, ["job4", "job3"])

    def test_those_older_than_a_watch_begins_with_stay(self):
        told = self.run_js("jobs_model", self.JOBS + """
            await watch(told(newest(150, 51)));
            const steps = [ids().length, model.hasOlder];
            await model.loadOlder();  // 150 to 51 are known, so it asks for those behind them
            steps.push(ids().length, model.hasOlder);
            gone.add(120);
            await watch(told([...newest(151, 51), jobOf(7)]));
            return [...steps, ids().length, ids().includes('job120'), ids().includes('job1')];""")
        self.assertEqual(told, [100, True, 150, False, 150, False, True])

    def test_ids_of_jobs_are_such_as_the_gateway_takes(self):
        ids = self.run_js("jobs_model", """
            window.XMLHttpRequest = class {
              upload = {};
              open() {}
              send() {}
            };
            const model = new m.JobsModel(() => {}, () => {});
            return args[0].map((name) => model.add(new File([], name), ''));""",
                          [".hidden.pcap", "a b/c.pcap", "x" * 99])
        for name in ids:
            self.assertRegex(name, r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$")

    def test_one_that_somebody_else_deleted_is_gone(self):
        ids = self.run_js("jobs_model", self.JOBS + """
            await watch(told([jobOf(3), jobOf(2)]));
            stand({'/v1/jobs/job3': [{status: 404, code: 'NOT_FOUND'}]});
            await model.remove('job3');
            return ids();""")
        self.assertEqual(ids, ["job2"])


class Runs(ModuleTest):
    RUNS = """
        hurry();
        const runOf = (name) => ({origin: 'o', run: name, ended: true, incomplete: '',
                                  firstPacketNs: '1000000000', watermarkNs: '2000000000'});
        const places = {};
        for (const name of ['a', 'b']) places[name] = {view: 'run', origin: 'o', run: name};
        const view = new m.RunView();
        document.querySelector('main').replaceChildren(view.element);
        const picked = () => [...view.picker.options].map(({value}) => value.split('/').at(-1));
        const listed = () => view.subjects.element.dataset.loaded;
        const subjects = {subjects: [{subject: 'device:10.0.0.1', model: 'm', windows: '1',
                                      lastClass: 'x', lastProbability: 1, toNs: '2000000000'}]};
        const show = (name) => void view.show(places[name]).catch(() => {});  // until the end
        const end = () => {
          view.hide();
          view.element.remove();
        };
        """

    def test_are_looked_for_also_when_another_is_picked_while_a_list_loads(self):
        told = self.run_js("run_view", self.RUNS + """
            const never = (_, {signal}) => new Promise((_, reject) => {
              signal.addEventListener('abort', () => reject(signal.reason));
            });
            stand({'/v1/runs': [{runs: [runOf('a'), runOf('b')]}, {runs: [runOf('a'), runOf('b')]},
                                {runs: [runOf('new'), runOf('a'), runOf('b')]}],
                   '/v1/timeline': [{classes: ['x']}], '/v1/subjects': [never, subjects]});
            show('a');
            await until(() => asked.some(([path]) => path === '/v1/subjects'));
            show('b');
            await until(() => picked().includes('new'));
            await until(listed);
            end();
            return picked();""")
        self.assertEqual(told, ["new", "a", "b"])

    def test_names_and_colours_are_asked_for_again_where_the_gateway_was_busy(self):
        told = self.run_js("run_view", self.RUNS + """
            const busy = {status: 503, code: 'UNAVAILABLE'};
            const run = {...runOf('1'), origin: 'job:a'};
            stand({'/v1/runs': [{runs: [run]}], '/v1/subjects': [subjects],
                   '/v1/jobs': [busy, {jobs: [{origin: 'job:a', name: 'call.pcap'}]}],
                   '/v1/timeline': [busy, {classes: ['x', 'y', 'z']}]});
            view.show({view: 'run', origin: 'job:a', run: '1'});
            const colour = () => view.element.querySelector('.list-row .state')?.style
                .getPropertyValue('--swatch');
            await until(() => colour() === 'var(--c2)');
            await until(() => view.picker.textContent.includes('call.pcap'));
            end();
            return true;""")
        self.assertTrue(told)

    def test_a_place_that_the_reader_has_gone_to_is_not_written_over(self):
        told = self.run_js("subject_view", """
            const place = {view: 'run', origin: 'o', run: 'r', subject: 's', model: 'm'};
            const run = {...place, ended: true, firstPacketNs: '0', gridStartNs: '0',
                         watermarkNs: '0'};
            stand({'/v1/verdicts': [{verdicts: [{windowStartNs: '0', windowEndNs: '10'}]}],
                   '/v1/summary': [{rows: []}], '/v1/timeline': [{
                     classes: ['a', 'b'], method: 'TIMELINE_METHOD_VITERBI', model: 'm',
                     segments: [{fromNs: '0', toNs: '1000', class: 'a', confidence: 1,
                                 windows: '100'}],
                     points: {windowStartNs: ['0'], classIndex: [0], probability: [1]}}]});
            history.replaceState(null, '', '#/run/o/r/subject/s/m');
            const view = new m.SubjectView(place, run, null);
            document.querySelector('main').replaceChildren(view.element);
            view.start();
            await until(() => view.chartBox.dataset.drawn);
            let settled = 0;  // behind the place
            view.data.loadDetail = async () => void ++settled;
            view.view.zoom(0.5);
            await until(() => settled > 0 && location.hash.includes('from='));
            settled = 0;
            view.view.zoom(0.5);
            history.replaceState(null, '', '#/run/o/r/subject/other/m');  // as yet untold
            await until(() => settled > 0);
            view.close();
            view.element.remove();
            return location.hash;""")
        self.assertEqual(told, "#/run/o/r/subject/other/m")

    def test_a_list_of_subjects_comes_however_often_the_gateway_is_busy(self):
        told = self.run_js("run_view", self.RUNS + """
            const busy = {status: 503, code: 'UNAVAILABLE', message: 'too busy'}, said = [];
            stand({'/v1/runs': [{runs: [runOf('a')]}], '/v1/timeline': [{classes: ['x']}],
                   '/v1/subjects': [busy, busy, subjects]});
            const summary = view.subjects.summary;
            new MutationObserver(() => said.push(summary.textContent)).observe(
                summary, {childList: true, characterData: true, subtree: true});
            show('a');
            await until(listed);
            end();
            return [said.includes('too busy'), summary.textContent];""")
        self.assertEqual(told, [True, "1 subject, 0 calls"])


if __name__ == "__main__":
    unittest.main()
