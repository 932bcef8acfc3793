"""Manual pages and completions: what roff, man and three shells make of them."""

import functools
import os
import pty
import re
import subprocess
import tempfile
import threading
import unittest

import harness

SERVICES = ["capture-svc", "feature-svc", "classify-svc", "gateway"]
PROGRAMS = [*SERVICES, "silhouette"]
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "1000", "TERM": "xterm"}


def run(*command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, timeout=harness.TIMEOUT_S,
                          text=True, env=ENVIRONMENT)
    return done.returncode, done.stdout, done.stderr


@functools.cache
def pages():
    """{("silhouette", "simulate", "call"): its page in roff}, of all programs and commands."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="silhouette-pages-") as folder:
        status, _, errors = harness.run_tool("man", "--write", folder)
        assert status == 0, errors
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding="ascii") as file:
                found[tuple(name.removesuffix(".1").split("-"))] = file.read()
    for service in SERVICES:
        status, found[(service,)], errors = harness.run_binary(service, "--man")
        assert status == 0, errors
    return found


def help_of(words):
    status, out, _ = harness.run_binary(words[0], *words[1:], "--help")
    assert status == 0
    return out


def script(program, shell):
    """The completion script of a program."""
    how = "completion" if program == "silhouette" else "--completion"
    status, out, errors = harness.run_binary(program, how, shell)
    assert status == 0, errors
    return out


class ManPages(unittest.TestCase):
    def test_there_is_one_of_every_program_and_command(self):
        known = {(program,) for program in PROGRAMS}
        above = [("silhouette",)]
        while above:
            words = above.pop()
            _, _, commands = help_of(words).partition("\nSubcommands:\n")
            for name in re.findall(r"^  ([a-z]+)  ", commands.partition("\n\n")[0], re.MULTILINE):
                known.add((*words, name))
                above.append((*words, name))
        self.assertEqual(set(pages()), known)
        self.assertIn(("silhouette", "simulate", "call"), known)

    def test_roff_and_man_have_nothing_to_say_against_them(self):
        for words, page in pages().items():
            self.assertEqual(run("groff", "-man", "-ww", "-z", text=page), (0, "", ""), words)
            status, out, errors = run("man", "--warnings", "-E", "UTF-8", "-l", "-", text=page)
            self.assertEqual((status, errors), (0, ""), words)
            self.assertIn("NAME", out)

    def test_each_can_be_found_by_what_it_is_about(self):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            os.mkdir(os.path.join(folder, "man1"))
            for words, page in pages().items():
                with open(os.path.join(folder, "man1", "-".join(words) + ".1"), "w",
                          encoding="ascii") as file:
                    file.write(page)
            status, _, errors = run("mandb", "-q", "-u", "-c", folder)
            self.assertEqual((status, errors), (0, ""))
            for words in pages():
                _, out, errors = run("whatis", "--long", "-M", folder, "-".join(words))
                self.assertRegex(out, r"^%s +\(1\) +- \S" % "-".join(words), errors)

    def test_they_tell_all_that_help_tells(self):
        for words, page in pages().items():
            _, shown, _ = run("man", "-E", "UTF-8", "-l", "-", text=page)
            text = help_of(words)
            flags = set(re.findall(r"^ +(?:-\w,)?(--[\w-]+)", text, re.MULTILINE))
            self.assertIn("--help", flags)
            for flag in flags:
                self.assertRegex(shown, r"(?m)^ +(-\w, )?%s( |$)" % flag, words)
            for variable in re.findall(r"\(Env:(\w+)\)", text):
                self.assertIn("Environment: %s." % variable, shown, words)
            for value in re.findall(r"^ +--[\w-]+ [^ =]+=([^/\s\[]\S*)", text, re.MULTILINE):
                self.assertIn("Default: %s." % value, shown, words)
            for line in re.findall(r"^  (%s .*)$" % words[0], text, re.MULTILINE):
                self.assertIn(line, shown, words)

    def test_they_hold_nothing_of_the_machine_that_built_them(self):
        for words, page in pages().items():
            self.assertNotIn(harness.ROOT, page, words)


class Terminal:
    """A program on a terminal of its own: `typed` is what a person types, `wait_for` what is seen.
    """

    def __init__(self, test, *command, **environment):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True, env={**ENVIRONMENT, **environment})
        os.close(slave)
        self._screen = ""
        self._seen = threading.Condition()
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()
        test.addCleanup(self._close)

    def _read(self):
        while True:
            try:
                piece = os.read(self.master, 4096).decode(errors="replace")
            except OSError:
                piece = ""
            with self._seen:
                self._screen += piece
                self._ended = not piece
                self._seen.notify_all()
            if not piece:
                return

    def _close(self):
        self.process.kill()
        self.process.wait(harness.TIMEOUT_S)
        os.close(self.master)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def wait_for(self, pattern):
        found = None

        def is_seen():
            nonlocal found
            found = re.search(pattern, self._screen)
            return found or self._ended
        with self._seen:
            self._seen.wait_for(is_seen, harness.TIMEOUT_S)
            if not found:
                raise AssertionError("never seen: %s; but: %r" % (pattern, self._screen))
            self._screen = self._screen[found.end():]
        return found


class ManCommand(unittest.TestCase):
    def test_it_pages_on_a_terminal(self):
        terminal = Terminal(self, os.path.join(harness.BIN, "silhouette"), "man", "run",
                            MANPAGER="cat")
        terminal.wait_for("SILHOUETTE-RUN\\(1\\)")
        self.assertEqual(terminal.process.wait(harness.TIMEOUT_S), 0)
        service = Terminal(self, os.path.join(harness.BIN, "gateway"), "--man", MANPAGER="cat")
        service.wait_for("GATEWAY\\(1\\)")
        self.assertEqual(service.process.wait(harness.TIMEOUT_S), 0)

    def test_it_says_so_where_there_is_no_man(self):
        terminal = Terminal(self, os.path.join(harness.BIN, "silhouette"), "man", PATH="/nowhere")
        terminal.wait_for("no man is installed here")
        self.assertEqual(terminal.process.wait(harness.TIMEOUT_S), 1)

    def test_a_command_that_is_none_is_a_usage_error(self):
        for words in (["man", "walk"], ["man", "run", "call"], ["completion", "csh"],
                      ["completion"]):
            status, out, errors = harness.run_tool(*words)
            self.assertEqual((status, out), (2, ""), words)
            self.assertIn("silhouette", errors)
        status, _, errors = harness.run_tool("man", "--write", "/nowhere")
        self.assertEqual(status, 1)
        self.assertIn("/nowhere", errors)


class Scripts(unittest.TestCase):
    def test_are_read_by_their_shells_without_a_word(self):
        for program in PROGRAMS:
            for shell in ("bash", "zsh", "fish"):
                text = script(program, shell)
                self.assertEqual(run(shell, "-n", text=text), (0, "", ""), (program, shell))


class Bash(unittest.TestCase):
    def complete(self, *words):
        """What bash's own machinery is given for the last of the words."""
        program = words[0]
        quoted = " ".join("'%s'" % word for word in words)
        ask = ("%s\nCOMP_WORDS=(%s)\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
               "$(complete -p %s | sed 's/.* -F //; s/ .*//')\n"
               "printf '%%s\\n' \"${COMPREPLY[@]}\"" % (script(program, "bash"), quoted, program))
        status, out, errors = run("bash", "--norc", "-c", ask)
        self.assertEqual((status, errors), (0, ""))
        return out.split()

    def test_commands_and_those_below_them(self):
        self.assertEqual(self.complete("silhouette", "simu"), ["simulate"])
        self.assertEqual(self.complete("silhouette", "simulate", ""), ["call", "home"])
        self.assertIn("run", self.complete("silhouette", ""))
        self.assertEqual(self.complete("silhouette", "--config", "run", "simu"), ["simulate"])

    def test_flags_of_the_command_that_was_typed(self):
        self.assertEqual(self.complete("silhouette", "simulate", "call", "--se"), ["--seed"])
        self.assertEqual(self.complete("silhouette", "run", "--tru"), ["--truth"])
        self.assertEqual(self.complete("silhouette", "status", "--tru"), [])
        self.assertEqual(self.complete("gateway", "--capture"), ["--capture-address"])
        self.assertIn("--store", self.complete("gateway", ""))

    def test_values_that_are_known(self):
        self.assertEqual(self.complete("silhouette", "run", "--align", ""), ["epoch", "first"])
        self.assertEqual(self.complete("silhouette", "run", "--align", "=", "f"), ["first"])
        self.assertEqual(self.complete("silhouette", "run", "--look-into", "gre,v"), ["gre,vxlan"])
        self.assertEqual(self.complete("gateway", "--log-level", "w"), ["warn"])
        self.assertEqual(self.complete("silhouette", "completion", "z"), ["zsh"])
        self.assertEqual(self.complete("silhouette", "man", "evalu"), ["evaluate"])
        self.assertEqual(self.complete("silhouette", "run", "--home", ""), [])

    def test_files_and_folders(self):
        self.assertEqual(self.complete("silhouette", "run", harness.SAMPLE[:-2]), [harness.SAMPLE])
        samples = os.path.dirname(harness.SAMPLE)
        self.assertEqual(self.complete("silhouette", "run", "--models", samples[:-2]), [samples])
        self.assertEqual(self.complete("silhouette", "run", "--models", harness.SAMPLE[:-2]), [])

    def test_by_the_tab_key(self):
        with tempfile.NamedTemporaryFile("w", suffix=".bash") as file:
            file.write(script("silhouette", "bash"))
            file.flush()
            terminal = Terminal(self, "bash", "--norc", "--noprofile", "-i")
            terminal.type("PS1=; silhouette() { printf 'GOT<%%s>\\n' \"$*\"; }; source %s\n"
                          "printf 'REA''DY\\n'\n" % file.name)
            terminal.wait_for("READY")
            terminal.type("silhouette simu\tca\t--se\t3\n")
            terminal.wait_for("GOT<simulate call --seed 3>")
            terminal.type("silhouette run --align=f\t--models /et\t\n")
            terminal.wait_for("GOT<run --align=first --models /etc/>")


class Zsh(unittest.TestCase):
    def test_by_the_tab_key_and_found_in_fpath(self):
        with tempfile.TemporaryDirectory() as folder:
            for program in PROGRAMS:
                with open(os.path.join(folder, "_" + program), "w", encoding="utf-8") as file:
                    file.write(script(program, "zsh"))
            terminal = Terminal(self, "zsh", "-f", "-i")
            terminal.type("PS1=; fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D\n"
                          "silhouette() { printf 'GOT<%%s>\\n' \"$*\" }; "
                          "gateway() { printf 'GOT<%%s>\\n' \"$*\" }\n"
                          "printf 'REA''DY\\n'\n" % folder)
            terminal.wait_for("READY")
            terminal.type("silhouette simu\tca\t--se\t3\n")
            terminal.wait_for("GOT<simulate call --seed[ =]3>")
            terminal.type("silhouette run --align f\t--look-into gre,vx\t\n")
            terminal.wait_for("GOT<run --align first --look-into gre,vxlan>")
            terminal.type("gateway --log-l\tw\t\n")
            terminal.wait_for("GOT<--log-level[ =]warn>")


class Fish(unittest.TestCase):
    def complete(self, line):
        """The words that fish offers, by its own machinery."""
        program = line.split()[0]
        with tempfile.NamedTemporaryFile("w", suffix=".fish") as file:
            file.write(script(program, "fish"))
            file.flush()
            status, out, errors = run("fish", "--no-config", "-c",
                                      "source %s; complete -C '%s'" % (file.name, line))
        self.assertEqual((status, errors), (0, ""))
        return sorted(word.split("\t")[0] for word in out.splitlines())

    def test_commands_flags_and_values(self):
        self.assertEqual(self.complete("silhouette simu"), ["simulate"])
        self.assertEqual(self.complete("silhouette simulate "), ["call", "home"])
        self.assertEqual(self.complete("silhouette simulate call --se"), ["--seed"])
        self.assertEqual(self.complete("silhouette run --align "), ["epoch", "first"])
        self.assertIn("gre,vxlan", self.complete("silhouette run --look-into gre,"))
        self.assertEqual(self.complete("silhouette status --tru"), [])
        self.assertEqual(self.complete("gateway --log-level w"), ["warn"])

    def test_files_and_folders(self):
        self.assertEqual(self.complete("silhouette run " + harness.SAMPLE[:-2]), [harness.SAMPLE])
        self.assertEqual(self.complete("silhouette run --models " + harness.SAMPLE[:-2]), [])
        folder = os.path.dirname(harness.SAMPLE)
        self.assertEqual(self.complete("silhouette run --models " + folder[:-2]), [folder + "/"])


class Installed(unittest.TestCase):
    def test_programs_pages_and_completions_are_where_they_are_looked_for(self):
        if harness.IS_SANITIZED:
            self.skipTest("a sanitized build installs no pages")
        with tempfile.TemporaryDirectory(prefix="silhouette-prefix-") as prefix:
            status, _, errors = run("cmake", "--install", os.path.dirname(harness.BIN), "--prefix",
                                    prefix)
            self.assertEqual((status, errors), (0, ""))
            share = os.path.join(prefix, "share")
            self.assertEqual(set(os.listdir(os.path.join(share, "man", "man1"))),
                             {"-".join(words) + ".1" for words in pages()})
            for program in PROGRAMS:
                for path, shell in (("bash-completion/completions/" + program, "bash"),
                                    ("zsh/site-functions/_" + program, "zsh"),
                                    ("fish/vendor_completions.d/%s.fish" % program, "fish")):
                    with open(os.path.join(share, path), encoding="utf-8") as file:
                        self.assertEqual(file.read(), script(program, shell), path)
            # The installed program finds the models that were installed with it.
            done = subprocess.run(
                [os.path.join(prefix, "bin", "silhouette"), "run",
                 os.path.join(share, "silhouette", "samples", "call.pcap")],
                cwd=prefix, capture_output=True, timeout=harness.TIMEOUT_S, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("looks like a call", done.stdout)
            # And the library with OpenCV's models.
            compare = ["evaluate", "--pcap", harness.SAMPLE, "--truth", harness.SAMPLE_TRUTH,
                       "--block-length", "20s", "--split", "in-sample", "--compare"]
            self.assertFalse(os.path.exists(os.path.join(prefix, "bin", "silhouette_opencv.so")))
            self.assertEqual(run(os.path.join(prefix, "bin", "silhouette"), *compare),
                             harness.run_tool(*compare))


if __name__ == "__main__":
    unittest.main()
