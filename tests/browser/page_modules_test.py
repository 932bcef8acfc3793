"""The page's modules one by one, in a real browser: what they make of what they are given."""

import tempfile
import unittest
import os

import browser
from browser import Browser, harness


def setUpModule():
    browser.skip_without_one()


class Modules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="silhouette-modules-")
        cls.addClassCleanup(folder.cleanup)
        gateway = harness.Service("gateway", folder.name, "--store",
                                  os.path.join(folder.name, "verdicts.db"))
        cls.addClassCleanup(gateway.kill_if_running)
        # Where clocks change twice a year.
        cls.tab = Browser(timezone="Europe/Berlin")
        cls.addClassCleanup(cls.tab.close)
        cls.tab.open("http://%s/#/jobs" % gateway.address("web"))

    def run_js(self, module, body, *arguments):
        """What a body returns that sees the module as `m`."""
        return self.tab.js_async("const m = await import('/%s.js'); %s" % (module, body),
                                 *arguments)

    # ---- events ----

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
        """What a stream gives, and the cursors it asked with, where connections give `answers`:
        the text of a body, or {status, code}."""
        return self.run_js("events", """
            const [answers] = args, cursors = [], events = [];
            const asked = window.fetch;
            window.fetch = async (url, options) => {
              if (!String(url).startsWith('/v1/timeline:watch')) return asked(url, options);
              cursors.push(options.headers['Last-Event-ID'] ?? null);
              const answer = answers[cursors.length - 1];
              if (answer === null) throw new TypeError('no connection');
              if (typeof answer === 'string') return new Response(answer);
              const error = {error: {code: answer.code, message: 'told so'}};
              return new Response(JSON.stringify(error), {status: answer.status});
            };
            let error = null;
            try {
              await m.follow('/v1/timeline:watch', {}, {
                signal: new AbortController().signal, take: (event) => events.push(event.n)});
            } catch (e) {
              error = e.code;
            } finally {
              window.fetch = asked;
            }
            return {cursors, events, error};""", answers)

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

    # ---- a live timeline ----

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
        const timeline = (to, method) => ({classes: ['a', 'b'], method: 'TIMELINE_METHOD_' + method,
            model: 'm', points: points([...Array(to).keys()]),
            segments: [segment(0, Math.min(to, 5), 'a'),
                       ...(to > 5 ? [segment(5, to, 'b')] : [])]});
        const asked = window.fetch;
        const stand = (answers) => {
          window.fetch = async (url, options) => {
            const path = String(url).split('?')[0];
            if (!answers[path]) return asked(url, options);
            const answer = answers[path].length > 1 ? answers[path].shift() : answers[path][0];
            return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer));
          };
        };
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

    def test_a_feed_joins_windows_to_segments_and_ends_with_the_finished_timeline(self):
        told = self.run_js("timeline_feed", self.FEED + """
            stand({'/v1/verdicts': [verdicts],
                   '/v1/timeline': [timeline(3, 'FORWARD'), timeline(4, 'FORWARD'),
                                    timeline(9, 'VITERBI')],
                   '/v1/timeline:watch': [watched([2], 'a:3') + watched([3, 4], 'a:5') +
                       watched([4, 5, 6], 'a:7') + watched([], 'a:7', {ended: true}) +
                       'event: end\\ndata: {}\\n\\n']});
            await feed.run();
            return {written: written(), method: data.method, shapes: shapes.at(-2), notes};""")
        self.assertEqual(told, {"written": [["a", 5], ["b", 4]], "shapes": 7,
                                "method": "TIMELINE_METHOD_VITERBI", "notes": [""]})

    def test_what_was_missed_is_told_and_asked_for_again(self):
        told = self.run_js("timeline_feed", self.FEED + """
            stand({'/v1/verdicts': [verdicts],
                   '/v1/timeline': [timeline(1, 'FORWARD'), timeline(1, 'FORWARD'),
                                    timeline(8, 'FORWARD'), timeline(8, 'VITERBI')],
                   '/v1/timeline:watch': [watched([0], 'a:1') + watched([7], 'a:8', {missed: '6'}) +
                       'event: end\\ndata: {}\\n\\n']});
            await feed.run();
            return {written: written(), notes};""")
        self.assertEqual(told["written"], [["a", 5], ["b", 3]])
        self.assertRegex(told["notes"][-1], "^Missed 6: ")

    # ---- truth ----

    def test_a_truth_is_read_as_the_tool_reads_it(self):
        truth = self.run_js("truth", """
            const {intervals, ...others} = m.parseTruth(args[0]);
            return {...others, intervals: intervals.map(({from, to, label}) => (
                [String(from), String(to), label]))};""",
                            "\ufeff# simulated: by hand\nstart_s,end_s,label\n\n"
                            "60.5,70.000000001,\"a, \"\"b\"\"\"\n0.0,60.5, person \n")
        self.assertEqual(truth, {"isSimulated": True, "isAbsolute": False, "intervals": [
            ["0", "60500000000", "person"], ["60500000000", "70000000001", "a, \"b\""]]})

    def test_what_is_wrong_in_a_truth_is_told_with_its_line(self):
        for text, line in (("a,b,c\n1,2,x", "line 1: \"a,b,c\" is no header"),
                           ("start_s,end_s,label\n1,x,y", "line 2: \"x\" is no time"),
                           ("start_s,end_s,label\n\n2,1,y", "line 3: an interval ends after"),
                           ("start_ns,end_ns,label\n1.5,2,y", "line 2: \"1.5\" is no time"),
                           ("start_s,end_s,label\n", "no interval")):
            with self.assertRaisesRegex(AssertionError, line):
                self.run_js("truth", "m.parseTruth(args[0]);", text)

    def test_times_of_a_truth_count_from_the_grid_edge_before_the_first_packet(self):
        edges = self.run_js("truth", """
            return args[0].map(([time, grid]) => String(m.edgeBefore(BigInt(time), BigInt(grid),
                                                                     500n)));""",
                            [["1700", "0"], ["1500", "0"], ["1700", "1650"], ["-1", "0"]])
        self.assertEqual(edges, ["1500", "1500", "1650", "-500"])

    # ---- what is in view ----

    def test_the_viewport_stays_within_the_whole_and_follows_its_end(self):
        told = self.run_js("viewport", """
            const view = new m.Viewport(), seen = [];
            const see = () => seen.push([view.from, view.to]);
            view.grow(1000, 10); see();           // all
            view.zoom(0.5, 1000); see();          // the end stays where it is
            view.grow(1200, 10); see();           // moves along
            view.pan(-0.5); see();
            view.grow(1400, 10); see();           // does not
            view.pan(-9); see();                  // to the begin
            view.zoom(1e-9); see();               // eight windows
            view.zoom(1e9); see();
            return seen;""")
        self.assertEqual(told, [[0, 1000], [500, 1000], [700, 1200], [450, 950], [450, 950],
                                [0, 500], [210, 290], [0, 1400]])

    def test_ticks_are_at_round_times_of_the_readers_clock(self):
        def labels(begin, end, most=8):
            return self.run_js("time_axis", "return m.timeTicks(...args).map((t) => t.label);",
                               begin, end, most)
        noon, hour = 1_700_046_000_000, 3_600_000  # noon in Berlin
        self.assertEqual(labels(noon, noon + 60_000), [
            "12:00:00", "12:00:10", "12:00:20", "12:00:30", "12:00:40", "12:00:50", "12:01:00"])
        self.assertEqual(labels(noon + 150, noon + 950, 4),
                         ["12:00:00.2", "12:00:00.4", "12:00:00.6", "12:00:00.8"])
        long_day = 1_698_530_400_000  # its midnight: clocks go back an hour
        self.assertEqual(labels(long_day, long_day + 50 * hour, 10), [
            "29 Oct", "06:00", "12:00", "18:00", "30 Oct", "06:00", "12:00", "18:00", "31 Oct"])
        short_day = 1_711_839_600_000
        self.assertEqual(labels(short_day, short_day + 24 * hour, 5), [
            "31 Mar", "06:00", "12:00", "18:00", "1 Apr"])
        self.assertEqual(labels(long_day, long_day + 97 * hour, 5),
                         ["29 Oct", "30 Oct", "31 Oct", "1 Nov", "2 Nov"])

    # ---- places, files, words ----

    def test_places_survive_their_way_through_the_url(self):
        places = [{"view": "run", "origin": "file:a/b %?#.pcap", "run": "1", "subject": "a/b-c/udp",
                   "model": "m", "from": "-5", "to": "7"},
                  {"view": "run", "origin": "", "run": "x y"}, {"view": "jobs"}, {"view": "run"},
                  {"view": "run", "origin": "o", "run": "r", "isFirst": True}]
        for place in places:
            again = self.run_js("route", "return m.parseRoute(m.hashOf(args[0]));", place)
            self.assertEqual({key: value for key, value in again.items() if value is not None},
                             place)
        for nonsense in ("#/nothing", "#", "", "#/run", "#/run/only", "#/%zz"):
            self.assertEqual(self.run_js("route", "return m.parseRoute(args[0]).view;", nonsense),
                             "run")

    def test_a_truth_goes_with_the_capture_of_its_name(self):
        pairs = self.run_js("drop", """
            const files = args[0].map((name) => new File([name], name));
            const {captures, truths} = await m.pairUp(files);
            return [captures.map(({file, truthCsv}) => [file.name, truthCsv]),
                    truths.map(({file}) => file.name)];""",
                            ["a.truth.csv", "a.pcap.gz", "B.pcapng", "b_truth.CSV", "c.csv",
                             "d.pcap"])
        self.assertEqual(pairs, [[["a.pcap.gz", "a.truth.csv"], ["B.pcapng", "b_truth.CSV"],
                                  ["d.pcap", ""]], ["c.csv"]])

    def test_numbers_are_written_for_people(self):
        words = self.run_js("format", """
            return [m.bytes('1536'), m.bytes(7), m.duration(0.5), m.duration(61), m.duration(90061),
                    m.timeOfDay('1700000000123450000'), m.percent(0.98765, 1), m.count('1234567'),
                    m.rate(0.25, 'packets'), m.rate(1234.4, 'packets')];""")
        self.assertEqual(words, ["1.5 KiB", "7 B", "500 ms", "1 min 1 s", "1 d 1 h",
                                 "23:13:20.12345", "98.8 %", "1,234,567", "0.3 packets/s",
                                 "1,234 packets/s"])

    def test_subjects_are_named_by_whom_they_are_about(self):
        names = self.run_js("format", "return args[0].map(m.subjectParts);", [
            "conversation:192.168.1.20-203.0.113.7/udp", "device:fd00::7", "<b>", "flow:odd"])
        self.assertEqual(names, [
            {"kind": "conversation, udp", "who": "192.168.1.20 ↔ 203.0.113.7"},
            {"kind": "device", "who": "fd00::7"}, {"kind": "subject", "who": "<b>"},
            {"kind": "flow", "who": "odd"}])


if __name__ == "__main__":
    unittest.main()
