"""The page's modules one by one, in a real browser: what they make of what they are given."""

import unittest

from module_case import ModuleTest


class Modules(ModuleTest):
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
                           ("start_s,end_s,label\n5,9,x\n1,6,y\n",
                            "line 3: the interval overlaps that of line 2"),
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

    # ---- sums by hours and days ----

    def test_hours_and_days_are_called_as_the_readers_clock_has_them(self):
        def labels(step, *seconds):
            return self.run_js("summary", "return m.labels(args[1], args[0]);", step,
                               [{"fromNs": str(second * 10**9)} for second in seconds])
        winter_day, new_year, hour = 1_679_695_200, 1_704_063_600, 3600
        # Of days counted in summer time: this one begins at 23:00 of the day before.
        self.assertEqual(labels("day", winter_day), ["25 Mar"])
        self.assertEqual(labels("day", new_year - 24 * hour, new_year),
                         ["31 Dec 2023", "1 Jan 2024"])
        self.assertEqual(labels("hour", new_year - hour), ["31 Dec 23:00"])
        self.tab.command("Emulation.setTimezoneOverride", timezoneId="Asia/Kolkata")
        try:
            self.assertEqual(labels("hour", new_year - hour), ["1 Jan 03:30"])
        finally:
            self.tab.command("Emulation.setTimezoneOverride", timezoneId="Europe/Berlin")

    def test_a_summary_is_of_what_was_chosen_last_whatever_is_answered_first(self):
        shown = self.run_js("summary", """
            const row = (n) => ({fromNs: String(n * 3600e9), toNs: String((n + 1) * 3600e9),
                                 windows: '4', classes: [{class: 'a', windows: '4'}]});
            const answer = (rows) => new Response(JSON.stringify({rows}));
            let answerHours = null, hours = new Promise((resolve) => {
              answerHours = () => resolve(answer([row(1), row(2)]));
            });
            stand({'/v1/summary': [() => hours, () => answer([row(0)])]});
            const part = new m.Summary({colourOf: () => 'c1'});
            document.querySelector('main').append(part.element);
            const data = {place: {origin: 'o', run: 'r', subject: 's', model: 'm'}, classes: ['a'],
                          run: {watermarkNs: '0'}};
            const loading = part.load(data, new AbortController().signal);
            part.element.querySelectorAll('input')[1].click();  // by day
            await until(() => part.rows);
            answerHours();
            await loading;
            const {length} = part.element.querySelectorAll('tbody tr');
            part.close();
            part.element.remove();
            return [part.step, length];""")
        self.assertEqual(shown, ["day", 1])

    # ---- the document ----

    def test_controls_and_classes_can_be_told_from_the_page_in_both_themes(self):
        for dark in (False, True):
            self.tab.set_dark(dark)
            self.addCleanup(self.tab.set_dark, False)
            contrasts = self.run_js("charts", """
                const style = getComputedStyle(document.documentElement);
                const light = (name) => {
                  const value = parseInt(style.getPropertyValue('--' + name).trim().slice(1), 16);
                  const [r, g, b] = [16, 8, 0].map((bits) => ((value >> bits) & 255) / 255).map(
                      (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                  return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
                };
                const contrast = (a, b) => Math.max(a / b, b / a);
                const classes = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => 'c' + n);
                return ['edge', 'other', ...classes].map(
                    (name) => [name, contrast(light(name), light('page'))]);""")
            for name, contrast in contrasts:
                self.assertGreaterEqual(contrast, 3, (name, dark))  # WCAG 1.4.11

    def test_rows_of_a_list_are_as_high_as_the_readers_text_wants(self):
        heights = self.run_js("virtual_list", """
            const list = new m.VirtualList({label: 'l', id: 'l', rowHeight: 4, keyOf: (item) => item,
                row: () => {}, hrefOf: () => '#'});
            document.querySelector('main').append(list.element);
            const heights = ['16px', '24px'].map((size) => {
              document.documentElement.style.fontSize = size;
              list.items = ['a', 'b', 'c'];
              return [list.spacer.offsetHeight,
                      list.spacer.children[2].style.transform];
            });
            document.documentElement.removeAttribute('style');
            list.element.remove();
            return heights;""")
        self.assertEqual(heights, [[192, "translateY(128px)"], [288, "translateY(192px)"]])

    def test_what_is_written_anew_keeps_the_focus_its_place_and_what_is_unfolded(self):
        kept = self.run_js("dom", """
            const box = m.el('section'), rows = (word) => Array.from(
                {length: 200}, (_, i) => [`row ${i}`, word]);
            document.querySelector('main').append(box);
            const write = (word, ...more) => m.rewrite(box, m.el('h2', {class: word}, word), m.numbers(
                ['Row', 'Word'], rows(word), 'All'), ...more);
            write('before', m.el('p', {}, 'goes'));
            const details = box.querySelector('details'), scroll = box.querySelector('.scroll');
            details.open = true;
            scroll.scrollTop = 200;
            scroll.focus();
            write('behind');
            const now = [details.isConnected, details.open, scroll.scrollTop,
                         document.activeElement === scroll, box.querySelector('h2').className,
                         box.querySelector('td').textContent, box.childNodes.length];
            box.remove();
            return now;""")
        self.assertEqual(kept, [True, True, 200, True, "behind", "behind", 2])

    def test_the_sheet_for_files_goes_when_they_leave_whatever_was_removed_below_them(self):
        seen = self.run_js("drop", """
            m.listenForFiles(() => {});
            const files = new DataTransfer(), seen = [];
            files.items.add(new File(['x'], 'x.pcap'));
            const below = document.createElement('p');
            document.body.append(below);
            const fire = (on, type, relatedTarget) => {
              on.dispatchEvent(new DragEvent(type, {dataTransfer: files, bubbles: true,
                                                    relatedTarget}));
              seen.push(!document.querySelector('#drop').hidden);
            };
            fire(document.body, 'dragenter', null);
            fire(below, 'dragenter', document.body);
            below.remove();  // and tells of no leave
            fire(document.body, 'dragleave', document.documentElement);
            fire(document.documentElement, 'dragleave', null);
            return seen;""")
        self.assertEqual(seen, [True, True, True, False])

    def test_a_timeline_that_is_not_drawn_by_now_takes_no_pointer(self):
        asked = self.run_js("timeline_input", """
            const surface = document.createElement('canvas'), asked = [];
            const chart = {isDrawn: false, timeAt: () => asked.push('time'), plotWidth: 1};
            const actions = {choose: () => asked.push('choose')};
            const view = {zoom: () => asked.push('zoom'), pan: () => asked.push('pan')};
            m.listen({surface, keys: surface, chart, view, actions});
            const fire = () => {
              surface.dispatchEvent(new WheelEvent('wheel', {deltaY: -9, cancelable: true}));
              surface.dispatchEvent(new MouseEvent('dblclick'));
            };
            fire();
            const before = asked.length;
            chart.isDrawn = true;
            fire();
            return [before, asked];""")
        self.assertEqual(asked, [0, ["time", "zoom", "time", "zoom"]])

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

    def test_what_waits_is_told_with_its_age_and_what_does_not_is_not(self):
        def figures(service, **metrics):
            prefix = "silhouette_%s_" % service.split("-")[0]
            told = [{"name": prefix + name, "labels": {}, "value": value}
                    for name, value in metrics.items()]
            return dict(self.run_js("service_figures", "return m.figuresOf(args[0]);",
                                    {"service": service, "metrics": told}))
        for service in ("capture-svc", "feature-svc"):
            self.assertEqual(figures(service, link_oldest_unsettled_seconds=0)["Oldest batch"], "")
            self.assertEqual(figures(service, link_oldest_unsettled_seconds=75.2)["Oldest batch"],
                             "not stored for 1 min 15 s")
        gateway = figures("gateway", store_oldest_waiting_seconds=2.5,
                          oldest_queued_job_seconds=0.4)
        self.assertEqual((gateway["Oldest batch"], gateway["Oldest job"]), ("waiting for 2.5 s", ""))

    def test_subjects_are_named_by_whom_they_are_about(self):
        names = self.run_js("format", "return args[0].map(m.subjectParts);", [
            "conversation:192.168.1.20-203.0.113.7/udp", "device:fd00::7", "<b>", "flow:odd"])
        self.assertEqual(names, [
            {"kind": "conversation, udp", "who": "192.168.1.20 ↔ 203.0.113.7"},
            {"kind": "device", "who": "fd00::7"}, {"kind": "subject", "who": "<b>"},
            {"kind": "flow", "who": "odd"}])


if __name__ == "__main__":
    unittest.main()
